@security @critical @jwt
Feature: A token's scope decides what its user can do
  A token allows its user to chat, only to read, or to make announcements to everyone.

  @E7 @needs.forge_tokens
  Scenario: A read-only token shows the user's events and cannot start or cancel anything
    Given Alice is chatting
    And Alice has a question answered
    And Tablet is connected with a read-only token of Alice's
    And Alice asks a slow question
    When Tablet tries to ask a question and to cancel Alice's run
    Then Tablet is told that this is forbidden
    And Tablet has received Alice's answer
    And Alice has received one complete run for each question, accepted in the order asked

  @E7 @needs.forge_tokens
  Scenario: A token without a scope for the chat is refused
    Given Alice is chatting
    When Mallory tries to connect as Alice from an app with valid tokens for other purposes
    Then Mallory is refused and receives nothing
    And Alice can connect from an app

  @E7 @E8 @needs.announcements
  Scenario: Only an operator can make announcements
    Given Alice and Mallory are chatting
    When Mallory tries to make announcements
    And an operator makes an announcement
    Then everyone has received the operator's announcement once on each subscribed device, addressed to everyone, and nobody else's

  @E7 @E8 @needs.announcements @needs.forge_tokens
  Scenario: A read-only device receives announcements
    Given Alice and Bob are chatting
    And Tablet is connected with a read-only token of Alice's
    And Bob has a question answered
    When Alice tries to make announcements
    And an operator makes an announcement
    Then everyone has received the operator's announcement once on each subscribed device, addressed to everyone, and nobody else's
    And Tablet has received nothing of Bob's

  @E8 @isolation @needs.announcements
  Scenario: An announcement contains nothing of any user
    Given Alice and Bob are chatting
    And everyone asks a slow question
    When Bob tries to make announcements
    And an operator makes an announcement
    Then everyone has received the operator's announcement once on each subscribed device, addressed to everyone, and nobody else's
    And everyone has received the complete run, in order
    And no user has received anything of another
