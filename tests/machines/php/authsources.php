<?php
// Everybody's password is their name.
$told = json_decode(file_get_contents(getenv('HOME_OF_PROVIDER') . '/behaviour.json'), true);
$config = ['people' => ['exampleauth:UserPass']];
foreach ($told['people'] as $name => $attributes) {
    $config['people']["$name:$name"] = $attributes;
}
