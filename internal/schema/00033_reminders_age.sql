-- Notes of who was reminded without an account are removed by their age, as the others are.

-- +goose Up

{index reminded_strangers_age reminded_strangers (starts_at, date_id, attendance_id)}
