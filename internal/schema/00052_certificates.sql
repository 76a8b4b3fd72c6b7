-- Certificates by which browsers know the site, for sites that speak TLS themselves.

-- +goose Up

-- The certificate that is in use; a newer one replaces it. authority is the address of the directory that it comes from,
-- names are its host names with blanks between. private_key is sealed with the secret of the site. issued_at and
-- expires_at are what the certificate says.
CREATE TABLE IF NOT EXISTS certificates (
    id {id},
    authority VARCHAR(500) NOT NULL,
    names {text} NOT NULL,
    chain {text} NOT NULL,
    private_key {text} NOT NULL,
    issued_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL
) {options};

-- The account at an authority. private_key is sealed.
CREATE TABLE IF NOT EXISTS certificate_accounts (
    authority VARCHAR(500) NOT NULL PRIMARY KEY,
    private_key {text} NOT NULL,
    created_at BIGINT NOT NULL
) {options};

-- What the authority looks for at any of the processes that answer visitors, while there is an order. name is the token of
-- an http-01 challenge, and the host name of one of tls-alpn-01. answer is sealed.
CREATE TABLE IF NOT EXISTS certificate_challenges (
    kind VARCHAR(20) NOT NULL,
    name VARCHAR(255) NOT NULL,
    answer {text} NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (kind, name)
) {options};

-- Orders that failed since the last one that did not.
CREATE TABLE IF NOT EXISTS certificate_failures (
    id {id},
    trouble {text} NOT NULL,
    failed_at BIGINT NOT NULL
) {options};
