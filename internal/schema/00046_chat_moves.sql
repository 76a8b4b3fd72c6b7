-- Chat rooms that a group has left behind, and pictures in chat rooms.

-- +goose Up

-- former is a room that was a group's: what was said there follows its source still, and nothing new is said.
{column chat_lines former VARCHAR(255)}

{index chat_lines_former chat_lines (former)}

-- The pictures that stand below a message, as JSON, in their order.
{column chat_messages pictures VARCHAR(2000) NOT NULL DEFAULT ''}
