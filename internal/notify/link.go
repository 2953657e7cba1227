package notify

// WithLink adds where there is more to see, for people and for a hook. url may be "".
func (m Message) WithLink(url string) Message {
	if url == "" || m.Env == nil {
		return m
	}
	m.Env["KEEPER_PAGE"] = url
	m.Text += "\nThe page: " + clean(url, lineBytes) + "\n"
	return m
}
