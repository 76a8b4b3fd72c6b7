-- Galleries: contents that consist of pictures.

-- +goose Up

-- The pictures of a gallery in their order. alt says what one shows to those who do not see it. cover is that of the one
-- that stands for the gallery, if somebody has chosen one.
CREATE TABLE IF NOT EXISTS gallery_pictures (
    id {id},
    content_id BIGINT NOT NULL,
    image_id BIGINT NOT NULL,
    position INTEGER NOT NULL,
    caption VARCHAR(500) NOT NULL DEFAULT '',
    alt VARCHAR(500) NOT NULL DEFAULT '',
    cover BOOLEAN NOT NULL DEFAULT FALSE,
    UNIQUE (content_id, image_id),
    FOREIGN KEY (content_id) REFERENCES contents (id) ON DELETE CASCADE,
    FOREIGN KEY (image_id) REFERENCES images (id) ON DELETE CASCADE
) {options};

{index gallery_pictures_order gallery_pictures (content_id, position, id)}

{index gallery_pictures_image gallery_pictures (image_id, content_id)}

-- What lists, mails and the head of a group's page show of contents that consist of pictures: how many there are and the
-- first of them, in JSON. NULL of all others.
{column contents album TEXT}

-- The sizes in which a picture lies in the media storage as WebP, too, with blanks between them.
{column images webp VARCHAR(200) NOT NULL DEFAULT ''}
