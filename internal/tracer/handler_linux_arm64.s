#include "textflag.h"

// How a signal handler is called, and how the kernel takes what it is given: AAPCS64 and
// linux/arch/arm64/kernel/signal.c. A handler has no goroutine: nothing here may touch
// what is Go's. The kernel restores all registers afterwards, so any may be used.

// func forward()
//
// R0 is the signal, R1 its siginfo_t. A fault of our own is Go's, to die of; every other
// signal is queued for the thread that reads them, rt_tgsigqueueinfo(2).
TEXT ·forward(SB),NOSPLIT|NOFRAME,$0-0
	MOVW 8(R1), R3         // si_code
	CMPW $31, R0
	BHI  queue
	MOVD $0x800009B0, R4   // ILL, TRAP, BUS, FPE, SEGV, SYS
	LSR  R0, R4, R4
	TBZ  $0, R4, queue
	CMPW $0, R3
	BLE  queue
	MOVD ·runtimeHandler(SB), R4
	JMP  (R4)
queue:
	// Codes that are the kernel's own may not be given to another thread.
	CMPW $0, R3
	BGE  hide
	CMPW $-6, R3           // SI_TKILL
	BNE  send
hide:
	AND  $0xff, R3, R3
	MOVW ·codeBase(SB), R4
	ADDW R4, R3, R3
	MOVW R3, 8(R1)
send:
	MOVD R1, R3
	MOVW R0, R2
	MOVW ·readerPID(SB), R0
	MOVW ·readerTID(SB), R1
	MOVD $240, R8          // rt_tgsigqueueinfo
	SVC
	RET

// func restore()
TEXT ·restore(SB),NOSPLIT|NOFRAME,$0-0
	MOVD $139, R8          // rt_sigreturn
	SVC
	BRK

// func forwardAddress() uintptr
TEXT ·forwardAddress(SB),NOSPLIT,$0-8
	MOVD $·forward(SB), R0
	MOVD R0, ret+0(FP)
	RET

// func restoreAddress() uintptr
TEXT ·restoreAddress(SB),NOSPLIT,$0-8
	MOVD $·restore(SB), R0
	MOVD R0, ret+0(FP)
	RET
