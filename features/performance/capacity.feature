@performance @critical
Feature: The service keeps up, and stays quick however long it is used
  A chat that is quick for the first visitor of the day must be quick for the last one, too.

  @K3
  Scenario: Coming to chat is quick every time
    When people come and go all the time
    Then 95 of 100 people are signed in within 2 seconds
    And 95 of 100 connections are established within 2 seconds

  @K4
  Scenario: Enough messages are answered while several people chat
    Given a group of users is chatting
    When each of them sends message after message
    Then every second, at least as many messages are answered as this environment requires
    And every message of everybody was answered once, by a whole run of its own

  @K5
  Scenario: A long conversation does not get slower
    Given a group of users is chatting
    When each of them goes on and on
    Then nothing gets slower by more than half, or 25 ms, as the conversation goes on

  @L3 @needs.metrics
  Scenario: A long conversation does not fill the service's memory
    Given a group of users is chatting
    When each of them goes on and on
    Then 1,000 more runs would cost the service no more memory than this environment allows
