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

// What nginx refuses by itself. The directive `return` would answer before a load balancer's word on the client's address
// is taken, where the request could not be read: such requests would be logged under the load balancer's address.
function errorInJson(r) {
    r.return(200, r.variables.error_json);
}

function errorAsPage(r) {
    r.return(200, r.variables.error_page);
}

export default { clientCertificate, errorAsPage, errorInJson, nameNoServer };
