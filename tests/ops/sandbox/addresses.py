"""The origins of the sandbox under test, and of its data holder."""

PORT = 8443
RECIPIENT = f"https://recipient.cdr-sandbox.localhost:{PORT}"
MAILBOX = f"https://mailbox.cdr-sandbox.localhost:{PORT}"
REGISTER = f"https://register.cdr-sandbox.localhost:{PORT}"
SECURE_REGISTER = f"https://mtls.register.cdr-sandbox.localhost:{PORT}"
REGISTER_API = f"{REGISTER}/cdr-register/v1/all"
HOLDER = f"https://aurora.haas.localhost:{PORT}"
SECURE_HOLDER = f"https://mtls.aurora.haas.localhost:{PORT}"
