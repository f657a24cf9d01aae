"""The control API, with which tests, demonstrations and browser drivers control the services of the sandbox."""
