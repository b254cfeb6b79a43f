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

    Examples:
      | token                              |
      | no token                           |
      | a garbled token                    |
      | a truncated token                  |
      | a token signed with another secret |
      | a token without a signature        |
      | a token edited after it was signed |
      | a refresh token                    |

    @needs.forge_tokens
    Examples: made with the service's own secret
      | token                         |
      | an expired token              |
      | a token that is not valid yet |
      | a token of another issuer     |
      | a token for another audience  |

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
