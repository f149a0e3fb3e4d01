"""One run over one repository, whoever asks for it: select, plan, prove, and what to commit."""
