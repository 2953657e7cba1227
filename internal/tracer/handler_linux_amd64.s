#include "textflag.h"

// How a signal handler is called, and how the kernel takes what it is given: the System V
// ABI and linux/arch/x86/kernel/signal.c. A handler has no goroutine: nothing here may
// touch what is Go's. The kernel restores all registers afterwards, so any may be used.

// func forward()
//
// DI is the signal, SI its siginfo_t. A fault of our own is Go's, to die of; every other
// signal is queued for the thread that reads them, rt_tgsigqueueinfo(2).
TEXT ·forward(SB),NOSPLIT|NOFRAME,$0-0
	MOVL 8(SI), AX         // si_code
	CMPL DI, $31
	JHI  queue
	MOVL $0x800009B0, CX   // ILL, TRAP, BUS, FPE, SEGV, SYS
	BTL  DI, CX
	JCC  queue
	CMPL AX, $0
	JLE  queue
	MOVQ ·runtimeHandler(SB), AX
	JMP  AX
queue:
	// Codes that are the kernel's own may not be given to another thread.
	CMPL AX, $0
	JGE  hide
	CMPL AX, $-6           // SI_TKILL
	JNE  send
hide:
	ANDL $0xff, AX
	ADDL ·codeBase(SB), AX
	MOVL AX, 8(SI)
send:
	MOVQ SI, R10
	MOVL DI, DX
	MOVL ·readerPID(SB), DI
	MOVL ·readerTID(SB), SI
	MOVL $297, AX          // rt_tgsigqueueinfo
	SYSCALL
	RET

// func restore()
TEXT ·restore(SB),NOSPLIT|NOFRAME,$0-0
	MOVL $15, AX           // rt_sigreturn
	SYSCALL
	INT  $3

// func forwardAddress() uintptr
TEXT ·forwardAddress(SB),NOSPLIT,$0-8
	LEAQ ·forward(SB), AX
	MOVQ AX, ret+0(FP)
	RET

// func restoreAddress() uintptr
TEXT ·restoreAddress(SB),NOSPLIT,$0-8
	LEAQ ·restore(SB), AX
	MOVQ AX, ret+0(FP)
	RET
