"""Certificates for tests of TLS: an authority, a server and its stations."""

import ssl

import trustme


class Certificates:
    """A CA, and the context of a server that has a certificate of it.

    Args:
        clients: Whether the server asks its clients for certificates.
    """

    def __init__(self, clients: ssl.VerifyMode = ssl.CERT_NONE) -> None:
        self.authority = trustme.CA()
        self.server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.server.minimum_version = ssl.TLSVersion.TLSv1_2
        self.authority.issue_cert("localhost").configure_cert(self.server)
        self.authority.configure_trust(self.server)
        self.server.verify_mode = clients

    def client(self, common_name: str | None = None, issuer: trustme.CA | None = None) -> ssl.SSLContext:
        """The context of a client, with a certificate if it has a name: as CN, and as SAN with ``.stations.test``."""
        context = ssl.create_default_context()
        self.authority.configure_trust(context)
        if common_name is not None:
            certificate = (issuer or self.authority).issue_cert(
                f"{common_name}.stations.test", common_name=common_name, organization_name="Operator"
            )
            certificate.configure_cert(context)
        return context
