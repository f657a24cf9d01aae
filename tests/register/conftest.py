from tests.workers.fixtures import https, https_identity, mail, outbound

__all__ = ["https", "https_identity", "mail", "outbound"]
