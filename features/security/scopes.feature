@security @critical
Feature: Everybody does what they may, and no more
  A token says what its holder may do: talk, read along, or speak to everybody.

  @E7 @needs.forge_tokens
  Scenario: Who may only read sees everything of their own, and starts and stops nothing
    Given Alice is chatting
    And Alice asks a question
    And Alice gets the answer
    And Tablet, another device of Alice, may only read
    And Alice asks a question that takes a while
    When Tablet tries to ask something, and to stop what Alice has asked
    Then Tablet is told that this is forbidden
    And Tablet has seen Alice's answer
    And every message of Alice was answered once, by a whole run of its own

  @E7 @needs.forge_tokens
  Scenario: Who has no right to the chat stays out
    Given Alice is chatting
    When a visitor tries to get in as Alice, with genuine tokens for something else
    Then the visitor stays out and sees nothing
    And Alice can still come in

  @E7 @E8 @needs.announcements
  Scenario: Only an operator can speak to everybody
    Given Alice and Bob are chatting
    When Mallory tries to speak to everybody, and then an operator does
    Then Alice and Bob have heard the operator alone

  @E8 @isolation @needs.announcements
  Scenario: What everybody hears holds nothing of anybody
    Given Alice and Bob are chatting
    And Alice and Bob ask a question that takes a while
    When an operator makes an announcement
    Then it reaches Alice and Bob, once each, and belongs to nobody
    And each of them has seen a whole run of their own
    And none of them has seen anything of the others
