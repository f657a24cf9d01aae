import crypto from 'crypto';

// The verified client certificate in the form of RFC 9440 2.1: the DER in base64 between colons. The body of PEM is the
// same base64 with line breaks.
function clientCertificate(r) {
    const pem = r.variables.ssl_client_raw_cert;
    if (!pem) {
        return '';
    }
    return ':' + pem.replace(/-----[^-]+-----|\s/g, '') + ':';
}

// The reference that a person can read out to support, in the same form as on the application's pages, which
// apps/http/references.py makes: eight characters without those that look alike, from the SHA-256 of the interaction id.
const REFERENCE_ALPHABET = '23456789ABCDEFGHJKMNPQRSTUVWXYZ';
const REFERENCE_LENGTH = 8;

function reference(r) {
    // The hash as one number, its most significant byte first. Each division gives the next character.
    const digits = Array.from(crypto.createHash('sha256').update(r.variables.interaction_id).digest());
    let made = '';
    while (made.length < REFERENCE_LENGTH) {
        let remainder = 0;
        for (let i = 0; i < digits.length; i++) {
            const value = remainder * 256 + digits[i];
            digits[i] = Math.floor(value / REFERENCE_ALPHABET.length);
            remainder = value % REFERENCE_ALPHABET.length;
        }
        made += REFERENCE_ALPHABET[remainder];
    }
    return made;
}

// Hides the name of the server's software. njs can replace nginx's Server header but not remove it (headers-more can).
function hideServerName(r) {
    r.headersOut['Server'] = '-';
}

// The errors of nginx itself. The directive `return` would send them too early for requests that nginx cannot parse: before
// nginx replaces the address of the load balancer by the client's, so the access log would have the wrong address.
function errorInJson(r) {
    countRefusal(r);
    r.return(200, r.variables.error_json);
}

function errorAsPage(r) {
    countRefusal(r);
    r.return(200, r.variables.error_page);
}

// For the pages of brands, which are files: nginx sends them in place of an answer of the application.
function countUnavailable(r) {
    countRefusal(r);
}

function countUnavailableAndHideServerName(r) {
    countRefusal(r);
    hideServerName(r);
}

function errorAsProblem(r) {
    r.return(200, r.variables.error_problem);
}

// Counts a request that nginx refuses itself, if it is for an operation of the standards. When the memory is full, because
// the application has not answered for long, further ones are not counted.
function countRefusal(r) {
    const operation = r.variables.refused_operation;
    if (operation && ngx.shared && ngx.shared.refusals) {
        const second = Math.floor(Date.now() / 1000);
        try {
            ngx.shared.refusals.incr(`${second} ${r.variables.ssl_server_name} ${operation} ${r.variables.status}`, 1, 0);
        } catch (e) {
            return;
        }
    }
}

// Sends the refusals to the application. Those that it did not take are counted again.
async function sendRefusals(r) {
    const counts = ngx.shared.refusals;
    const now = Math.floor(Date.now() / 1000);
    const taken = [];
    counts.keys(1000).forEach((key) => {
        const number = counts.pop(key);
        if (number) {
            const parts = key.split(' ');
            taken.push({
                age: now - parts[0], host: parts[1], operation: parts[2], status: Number(parts[3]), number: number
            });
        }
    });
    if (taken.length) {
        const answer = await r.subrequest('/deliver', { method: 'POST', body: JSON.stringify(taken) });
        // 400: an application of another release does not understand them, and never will.
        if (answer.status !== 204 && answer.status !== 400) {
            taken.forEach((each) => {
                counts.incr(`${now - each.age} ${each.host} ${each.operation} ${each.status}`, each.number, 0);
            });
        }
    }
    r.return(204);
}

async function refusalsAreDue(session) {
    if (ngx.shared.refusals.size()) {
        await ngx.fetch(session.variables.refusals_uri);
    }
}

export default {
    clientCertificate, countUnavailable, countUnavailableAndHideServerName, errorAsPage, errorAsProblem, errorInJson,
    hideServerName, reference, refusalsAreDue, sendRefusals
};
