"""The token, introspection and revocation endpoints as a data recipient uses them."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Final

import msgspec

from ops.sandbox.jose import half_hash
from ops.sandbox.messages import NO_DEVIATION, Deviation
from ops.sandbox.recipient.answers import Flow, Introspection, Tokens
from ops.sandbox.recipient.authenticated import AuthenticatedClient, decoded
from ops.sandbox.recipient.holder import HolderError

_ID_TOKEN_LIFETIME: Final = timedelta(days=1)


class TokenClient(AuthenticatedClient):
    """Requests, inspects and revokes tokens, and revokes arrangements."""

    async def exchange(
        self, code: str, flow: Flow, *, assertion: Deviation = NO_DEVIATION, form: Mapping[str, object] | None = None
    ) -> Tokens:
        """Exchange a code for tokens and verify the ID token. Raises Refused and HolderError."""
        fields = {"code": code, "redirect_uri": flow.redirect_uri, "code_verifier": flow.code_verifier}
        tokens = await self.tokens("authorization_code", fields, assertion=assertion, form=form)
        if tokens.id_token is None:
            raise HolderError("the token response has no ID token")
        if tokens.id_claims.get("nonce") != flow.nonce:
            raise HolderError("the ID token belongs to another request (nonce)")
        return tokens

    async def refresh(
        self, refresh_token: str, *, assertion: Deviation = NO_DEVIATION, form: Mapping[str, object] | None = None
    ) -> Tokens:
        """Refresh an access token. Raises Refused."""
        return await self.tokens("refresh_token", {"refresh_token": refresh_token}, assertion=assertion, form=form)

    async def client_credentials(
        self,
        scope: str = "cdr:registration",
        *,
        assertion: Deviation = NO_DEVIATION,
        form: Mapping[str, object] | None = None,
    ) -> Tokens:
        """Request an access token for the client itself. Raises Refused."""
        return await self.tokens("client_credentials", {"scope": scope}, assertion=assertion, form=form)

    async def tokens(
        self,
        grant_type: str,
        fields: Mapping[str, object],
        *,
        assertion: Deviation = NO_DEVIATION,
        form: Mapping[str, object] | None = None,
    ) -> Tokens:
        """Send a token request and verify the ID token when there is one. Raises Refused and HolderError."""
        endpoint = self.holder.metadata.token_endpoint
        sent = {"grant_type": grant_type, **fields}
        response = await self.post(endpoint, sent, assertion=assertion, overrides=form)
        tokens = decoded(response, Tokens)
        if tokens.id_token is None:
            return tokens
        claims = await self.verified(tokens.id_token, longest=_ID_TOKEN_LIFETIME)
        if "at_hash" in claims and claims["at_hash"] != half_hash(tokens.access_token):
            raise HolderError("the ID token belongs to another access token (at_hash)")
        return msgspec.structs.replace(tokens, id_claims=claims)

    async def introspect(
        self,
        token: str,
        *,
        hint: str | None = "refresh_token",
        assertion: Deviation = NO_DEVIATION,
        form: Mapping[str, object] | None = None,
    ) -> Introspection:
        """Request the state of a refresh token (RFC 7662). Raises Refused."""
        endpoint, fields = self.holder.metadata.introspection_endpoint, _token_fields(token, hint)
        return decoded(await self.post(endpoint, fields, assertion=assertion, overrides=form), Introspection)

    async def revoke_token(
        self,
        token: str,
        *,
        hint: str | None = None,
        assertion: Deviation = NO_DEVIATION,
        form: Mapping[str, object] | None = None,
    ) -> None:
        """Revoke a token (RFC 7009). Raises Refused."""
        endpoint, fields = self.holder.metadata.revocation_endpoint, _token_fields(token, hint)
        await self.post(endpoint, fields, assertion=assertion, overrides=form)

    async def revoke_arrangement(
        self, cdr_arrangement_id: str, *, assertion: Deviation = NO_DEVIATION, form: Mapping[str, object] | None = None
    ) -> None:
        """Notify the holder that consent was withdrawn (CDS, CDR Arrangement Revocation endpoint). Raises Refused."""
        endpoint = self.holder.metadata.cdr_arrangement_revocation_endpoint
        fields = {"cdr_arrangement_id": cdr_arrangement_id}
        await self.post(endpoint, fields, assertion=assertion, overrides=form)


def _token_fields(token: str, hint: str | None) -> dict[str, object]:
    return {"token": token} if hint is None else {"token": token, "token_type_hint": hint}
