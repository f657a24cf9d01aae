// The verified client certificate in the form of RFC 9440 2.1: the DER in base64 between colons. The body of PEM is the
// same base64 with line breaks.
function clientCertificate(r) {
    const pem = r.variables.ssl_client_raw_cert;
    if (!pem) {
        return '';
    }
    return ':' + pem.replace(/-----[^-]+-----|\s/g, '') + ':';
}

// Hides the name of the server's software. njs can replace nginx's Server header but not remove it (headers-more can).
function hideServerName(r) {
    r.headersOut['Server'] = '-';
}

// The errors of nginx itself. The directive `return` would send them too early for requests that nginx cannot parse: before
// nginx replaces the address of the load balancer by the client's, so the access log would have the wrong address.
function errorInJson(r) {
    r.return(200, r.variables.error_json);
}

function errorAsPage(r) {
    r.return(200, r.variables.error_page);
}

function errorAsProblem(r) {
    r.return(200, r.variables.error_problem);
}

export default { clientCertificate, errorAsPage, errorAsProblem, errorInJson, hideServerName };
