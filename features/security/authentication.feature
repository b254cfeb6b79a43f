@security @critical @jwt
Feature: Only people with a valid token can connect
  A valid token connects at once, as often as it is used. Everything else is refused during the
  handshake, and nothing about the conversations inside is revealed.

  @F1
  Scenario Outline: A client with <token> is refused
    Given Alice is chatting
    When Mallory tries to connect as Alice from an app with <token>
    Then Mallory is refused and receives nothing
    And Alice can connect from an app

    Examples: missing or malformed
      | token             |
      | no token          |
      | a garbled token   |
      | a truncated token |
      | a token of 16 KB  |
      | a refresh token   |

    @needs.header_injection @header-injection
    Examples: malformed header
      | token                           |
      | a token with control characters |

    Examples: not signed by the service
      | token                                          |
      | an unsigned token                              |
      | an unsigned token with algorithm None          |
      | an unsigned token with algorithm NONE          |
      | an unsigned token with algorithm nOnE          |
      | a token with an empty signature                |
      | a token edited after it was signed             |
      | a token signed with another secret             |
      | a token signed with the attacker's key pair    |
      | a token signed with a public key as the secret |

    Examples: the token contains the key that it is signed with
      | token                                    |
      | a token that contains its own secret     |
      | a token that contains its own public key |

    @needs.token_injection @injection
    Examples: the key ID is an attack
      | token                                             |
      | a token whose key ID is the path of an empty file |
      | a token whose key ID is an SQL injection          |

    @needs.key_fetching @ssrf
    Examples: the token links to the key that it is signed with
      | token                                  |
      | a token with a link to its key         |
      | a token with a link to its certificate |

    @needs.forge_tokens
    Examples: signed with the secret of the service
      | token                            |
      | an expired token                 |
      | a token that expired seconds ago |
      | a token that is not valid yet    |
      | a token from another issuer      |
      | a token for another audience     |

  @F2 @regression.handshake_403
  Scenario: A valid token is accepted every time it is used
    Given Alice is chatting
    When Alice disconnects
    And Alice connects
    Then Alice is connected
    And Alice can connect from a second device

  @F3 @regression.secret_synchronisation @needs.issue_tokens
  Scenario: A token just issued by the sign-in service is accepted by the chat service
    Given Alice has an account
    When Alice connects
    Then Alice is connected

  @F6 @subprotocol
  Scenario: A browser connects, and its token is never sent back
    Given Alice is chatting from a browser
    And Bob is chatting
    When everyone asks a question
    Then everyone has received the complete run, in order
    And no user has received anything of another
    And no handshake response contains the client's token

  @F6 @F1 @subprotocol
  Scenario Outline: A browser with <token> is refused
    Given Alice is chatting from a browser
    When Mallory tries to connect as Alice from a browser with <token>
    Then Mallory is refused and receives nothing
    And no handshake response contains the client's token
    And Alice can connect from a browser

    Examples:
      | token                              |
      | a token signed with another secret |
      | an unsigned token                  |
      | a refresh token                    |

    @needs.forge_tokens
    Examples: signed with the secret of the service
      | token            |
      | an expired token |

  @F6
  Scenario Outline: <token> is refused
    Given Alice is chatting
    When Mallory tries to connect as Alice from an app with <token>
    Then Mallory is refused and receives nothing
    And no handshake response contains the client's token
    And Alice can connect from an app

    Examples: in the URL
      | token                                           |
      | a valid token in the URL parameter token        |
      | a valid token in the URL parameter access_token |
