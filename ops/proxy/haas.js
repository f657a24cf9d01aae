// The verified client certificate as RFC 9440 2.1 wants it: the DER in base64 between colons.
// PEM's body is that base64 with line breaks.
function clientCertificate(r) {
    const pem = r.variables.ssl_client_raw_cert;
    if (!pem) {
        return '';
    }
    return ':' + pem.replace(/-----[^-]+-----|\s/g, '') + ':';
}

// Nothing names the server's software. njs can replace nginx's header but not take it away (headers-more can).
function nameNoServer(r) {
    r.headersOut['Server'] = '-';
}

export default { clientCertificate, nameNoServer };
