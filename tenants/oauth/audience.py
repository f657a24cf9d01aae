"""The `aud` claim."""


def audience(value: object) -> tuple[str, ...]:
    """Return the values of an `aud` claim, which may be a string or an array of strings (RFC 7519 4.1.3)."""
    if isinstance(value, str):
        return (value,)
    if isinstance(value, list):
        return tuple(item for item in value if isinstance(item, str))
    return ()
