@security @critical
Feature: Tokens are for a while, and for their owner
  A token ends; whoever has a good refresh token gets the next one. The sign-in service gives
  tokens to nobody else, whatever they pretend.

  @F4 @needs.forge_tokens @needs.resume
  Scenario: A conversation ends with its token, and nothing is lost
    Given Alice is chatting with a token that is about to end
    And Alice asks a question whose answer takes longer than that
    When Alice's token ends
    And Alice gets a new token and reconnects
    Then Alice was shown out in time, and nothing reached her after her token had ended
    And Alice has seen the whole run, in order
    And Alice's story has no gap, nothing twice and nothing out of order

  @F4 @needs.issue_tokens @regression.token_refresh
  Scenario: A refreshed token opens the door
    Given Alice has an account
    When Alice refreshes her token
    And Alice comes to chat
    Then Alice holds another token of her own
    And Alice is let in

  @F4 @needs.issue_tokens
  Scenario Outline: The sign-in service turns away <attempt>
    Given Alice and Mallory have accounts
    When Mallory tries to get tokens of Alice's with <attempt>
    Then Mallory gets no tokens of Alice's
    And Alice can still sign in

    @needs.password_guessing
    Examples: passwords
      | attempt                                 |
      | a wrong password                        |
      | another user's password           |
      | the first half of the password           |
      | an account that does not exist |

    Examples: refresh tokens
      | attempt                                     |
      | a garbled refresh token                     |
      | an access token instead of a refresh token |
      | a refresh token signed with another secret  |

  @F4 @needs.issue_tokens @needs.password_guessing
  Scenario: Nobody takes an account over by signing up again
    Given Alice and Mallory have accounts
    When Mallory signs up with Alice's address and a password of his own
    Then Mallory gets no tokens of Alice's
    And Alice can still sign in
