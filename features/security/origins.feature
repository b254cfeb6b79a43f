@security @critical @cswsh
Feature: Only pages of the allowed site can connect
  A browser says which site a page belongs to. A page of any other site must not be able to open a
  connection in the name of a user who happens to visit it. Apps belong to no site and say so.

  @F5
  Scenario Outline: A connection from <origin> is refused
    Given Alice is chatting from the allowed site
    When Mallory tries to connect as Alice from <origin> with a valid token
    Then Mallory is refused and receives nothing
    And Alice can connect from the allowed site

    Examples:
      | origin                                                      |
      | a malicious site                                            |
      | a site whose name starts with the allowed name              |
      | a site whose name ends with the allowed name                |
      | a site whose name ends with the allowed name after a hyphen |
      | a subdomain of the allowed site                             |
      | the allowed site on another port                            |
      | the allowed site over plain HTTP                            |
      | a page with a null origin                                   |

  @F5
  Scenario: A page of the allowed site can connect
    Given Alice is chatting from the allowed site
    When Alice asks a question
    Then Alice has received the complete run, in order

  @F5
  Scenario: An app that belongs to no site can connect
    Given Alice is chatting from the allowed site
    When Alice connects
    Then Alice is connected
