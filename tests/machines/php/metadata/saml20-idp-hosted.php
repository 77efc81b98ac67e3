<?php
$home = getenv('HOME_OF_PROVIDER');
$told = json_decode(file_get_contents("$home/behaviour.json"), true);
$keys = [];
foreach ($told['keys'] as $place => $name) {
    // Of two, the first signs, and both are published.
    $prefix = $place ? 'new_' : '';
    $keys["{$prefix}privatekey"] = "$home/$name.key";
    $keys["{$prefix}certificate"] = "$home/$name.crt";
}
$post = 'urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST';
$redirect = 'urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect';
$metadata[getenv('URL_OF_PROVIDER') . '/saml2/idp/metadata.php'] = $keys + [
    'host' => '__DEFAULT__',
    'auth' => 'people',
    'SingleSignOnServiceBinding' => $told['only_forms'] ? [$post] : [$redirect, $post],
    'SingleLogoutServiceBinding' => $told['only_forms'] ? [$post] : [$redirect, $post],
    'validate.authnrequest' => $told['checks_requests'],
    'assertion.encryption' => $told['encrypts'],
    'sign.logout' => true,
    'validate.logout' => true,
    'authproc' => [['class' => 'saml:PersistentNameID', 'attribute' => 'mail']],
];
