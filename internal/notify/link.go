package notify

// WithLink adds a link to a page with more information, for people and for the hook. url may
// be "".
func (m Message) WithLink(url string) Message {
	if url == "" || m.Env == nil {
		return m
	}
	m.Env["KEEPER_PAGE"] = url
	m.Text += "\nThe page: " + clean(url, lineBytes) + "\n"
	return m
}
