<?php
// SimpleSAMLphp as tests start it: simplesamlphp.py says where and for whom.
$home = getenv('HOME_OF_PROVIDER');
$config = [
    'baseurlpath' => getenv('URL_OF_PROVIDER') . '/',
    'certdir' => "$home/",
    'datadir' => "$home/",
    'loggingdir' => "$home/",
    'tempdir' => "$home/tmp",
    'metadatadir' => __DIR__ . '/metadata/',
    'timezone' => 'UTC',
    'secretsalt' => 'of tests only',
    'auth.adminpassword' => bin2hex(random_bytes(16)),
    'technicalcontact_email' => 'nobody@idp.example',
    'logging.handler' => 'errorlog',
    'logging.level' => SimpleSAML\Logger::WARNING,
    'errorreporting' => false,
    'enable.saml20-idp' => true,
    'module.enable' => ['exampleauth' => true, 'core' => true, 'saml' => true],
    'store.type' => 'phpsession',
    'session.phpsession.savepath' => "$home/sessions",
    'session.cookie.secure' => false,
    'session.cookie.samesite' => 'Lax',
    'language.default' => 'en',
    // Before there is a site, only what the provider says of itself.
    'metadata.sources' => filesize("$home/site.xml")
        ? [['type' => 'flatfile'], ['type' => 'xml', 'file' => "$home/site.xml"]]
        : [['type' => 'flatfile']],
];
