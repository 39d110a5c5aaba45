"""`lockstep doctor`: is everything there for a preview, a deployment, an audit; and what to type next. Only reads."""
