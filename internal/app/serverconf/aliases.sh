{{define "aliases"}}
# postmaster and abuse reach a person: others write there when something is wrong with your emails.
touch /etc/aliases
for name in postmaster abuse; do
    grep -q "^$name:" /etc/aliases || echo "$name: root" >>/etc/aliases
done
{{- with .Person}}
grep -q '^root:' /etc/aliases || echo {{printf "root: %s" . | shell}} >>/etc/aliases
{{- else}}
grep -q '^root:' /etc/aliases || echo 'Who reads the mail to root? Write a line "root: you@elsewhere.example" into /etc/aliases.' >&2
{{- end}}
{{- end}}
