@security @critical
Feature: Only people with a valid token get in
  Whoever holds a good token is let in at once. Whoever does not is turned away at the door and
  sees nothing of what goes on inside.

  @F1
  Scenario Outline: A visitor with <token> stays out
    Given Alice is chatting
    When a visitor tries to get in as Alice with <token>
    Then the visitor stays out and sees nothing
    And Alice can still come in

    Examples: no token worth the name
      | token                           |
      | no token                        |
      | a garbled token                 |
      | a truncated token               |
      | a token of 16 KB    |
      | a refresh token                 |

    @needs.header_injection
    Examples: not even a header
      | token                           |
      | a token with control characters |

    Examples: not signed by the service
      | token                                               |
      | an unsigned token                         |
      | an unsigned token with algorithm None             |
      | an unsigned token with algorithm NONE             |
      | an unsigned token with algorithm nOnE             |
      | a token with an empty signature                  |
      | a token edited after it was signed                  |
      | a token signed with another secret                  |
      | a token signed with the attacker's key pair |
      | a token signed with a public key as the secret      |

    Examples: the token itself says which key to believe
      | token                                  |
      | a token that contains its own secret     |
      | a token that contains its own public key |

    @needs.token_injection
    Examples: the name of the key is an attack
      | token                                         |
      | a token whose key ID is the path of an empty file |
      | a token whose key ID is an SQL injection    |

    @needs.key_fetching
    Examples: the key is somewhere else
      | token                                            |
      | a token with a link to its key         |
      | a token with a link to its certificate |

    @needs.forge_tokens
    Examples: made with the service's own secret
      | token                            |
      | an expired token                 |
      | a token that expired minutes ago |
      | a token that is not valid yet    |
      | a token from another issuer        |
      | a token for another audience     |

  @F2 @regression.handshake_403
  Scenario: A valid token is not refused, however often it is used
    When Alice comes to chat
    Then Alice is let in
    When Alice comes to chat
    Then Alice is let in
    When Alice comes to chat
    Then Alice is let in

  @F3 @regression.secret_synchronisation @needs.issue_tokens
  Scenario: A token just issued by the sign-in service is accepted by the chat
    When Alice signs up and signs in
    And Alice comes to chat
    Then Alice is let in

  @F6
  Scenario: A browser signs in, and its token is never sent back
    When Alice comes to chat in a browser
    Then Alice is let in
    And no answer carried a token back

  @F6 @F1
  Scenario Outline: A page with <token> stays out
    Given Alice is chatting in a browser
    When a page tries to get in as Alice with <token>
    Then the visitor stays out and sees nothing
    And no answer carried a token back
    And Alice can still come in with a browser

    Examples:
      | token                              |
      | a token signed with another secret |
      | an unsigned token        |
      | a refresh token                    |

    @needs.forge_tokens
    Examples: made with the service's own secret
      | token            |
      | an expired token |

  @F6
  Scenario Outline: A token in the address, as "<name>", lets nobody in
    Given Alice is chatting
    When a visitor tries to get in as Alice with her token in the address, as "<name>"
    Then the visitor stays out and sees nothing
    And no answer carried a token back
    And Alice can still come in

    Examples:
      | name         |
      | token        |
      | access_token |
