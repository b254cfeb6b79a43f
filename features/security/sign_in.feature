@security @critical @jwt @fresh_accounts
Feature: Tokens expire, and only their owner gets new ones
  A token is valid for a limited time. A valid refresh token gets the next one. The sign-in service
  gives tokens to nobody else, whatever they pretend to be.

  @F4 @long-wait @needs.forge_tokens @needs.resume
  Scenario: A connection ends when its token expires, and nothing is lost
    Given Alice is chatting from an app with a token that is about to expire
    And Alice asks an extremely slow question
    When Alice's newest connection is closed
    And Alice gets a new token and reconnects
    Then Alice was disconnected when the token expired, and received nothing after that
    And Alice has received the complete run, in order
    And Alice has received every event once, in order

  @F4 @needs.forge_tokens @multi-device
  Scenario Outline: When the token of <client> expires, only its connection ends
    Given Alice is chatting
    And Alice is chatting from <client> with a token that is about to expire
    When Alice's newest connection is closed
    And Alice asks a slow question
    Then of Alice's connections, only the one with the expired token ends
    And Alice was disconnected when the token expired, and received nothing after that
    And Alice has received the complete run, in order

    Examples:
      | client    |
      | an app    |
      | a browser |

  @F4 @needs.issue_tokens @regression.token_refresh
  Scenario: A refreshed token is accepted
    Given Alice has an account
    When Alice refreshes the token
    And Alice refreshes the token
    And Alice connects
    Then Alice has a new token of their own that allows no more, valid for at least as long as announced
    And Alice is connected

  @F4 @needs.issue_tokens @needs.password_guessing @password-guessing
  Scenario Outline: The sign-in service refuses <credentials>
    Given Alice has an account
    And Mallory has an account
    When Mallory tries to get Alice's tokens with <credentials>
    Then Mallory gets none of Alice's tokens
    And Alice can sign in

    Examples:
      | credentials                    |
      | a wrong password               |
      | another user's password        |
      | the first half of the password |
      | an account that does not exist |

  @F4 @needs.issue_tokens
  Scenario Outline: The sign-in service does not refresh <credentials>
    Given Alice has an account
    And Mallory has an account
    When Mallory tries to get Alice's tokens with <credentials>
    Then Mallory gets none of Alice's tokens
    And Alice can sign in

    Examples:
      | credentials                                |
      | a garbled refresh token                    |
      | an access token instead of a refresh token |
      | a refresh token signed with another secret |
      | an unsigned refresh token                  |

    @needs.forge_tokens
    Examples: signed as the service signs
      | credentials              |
      | an expired refresh token |

  @F4 @needs.issue_tokens @needs.password_guessing @account-takeover
  Scenario: An account cannot be taken over by signing up again
    Given Alice has an account
    And Mallory has an account
    When Mallory tries to get Alice's tokens with a second sign-up
    Then Mallory gets none of Alice's tokens
    And Alice can sign in
