@performance @critical
Feature: Events arrive without a noticeable delay
  What the agent does is shown while it happens. How long is too long is set for each environment.

  @K1 @needs.application_ping
  Scenario: Events arrive within the latency limits while several people chat
    Given a group of users is chatting
    When each of them sends message after message
    Then events arrive on average within the latency limit of this environment
    And 95 of 100 events arrive within the latency limit of this environment

  @K1 @needs.application_ping @needs.p99_latency
  Scenario: Hardly any event arrives late while several people chat
    Given a group of users is chatting
    When each of them sends message after message
    Then 99 of 100 events arrive within the latency limit of this environment

  @K2
  Scenario: The first sign of an answer comes quickly while several people chat
    Given a group of users is chatting
    When each of them sends message after message
    Then the first sign of an answer comes within 1 second

  @K2
  Scenario: Every kind of event comes quickly while several people chat
    Given a group of users is chatting
    When each of them sends message after message
    Then every kind of event comes within 1 second of what came before it

  @K6 @needs.application_ping
  Scenario: The times that events bear can be believed
    Given Alice is chatting
    When Alice asks a question that takes a while
    And Alice gets the answer
    Then the times of the events agree with the service's own clock
