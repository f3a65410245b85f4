# Prints file:line:text of C files with comments and the insides of strings blanked.
use strict;
use warnings;
for my $file (@ARGV) {
    open my $in, '<', $file or die "$file: $!\n";
    local $/;
    my $text = <$in>;
    $text =~ s{("(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*')|/\*.*?\*/|//[^\n]*}{
        my $lines = ($& =~ tr/\n//);
        my $word = $1;
        my $kept = $` =~ /#\s*include\s*$/ ? $word : '""';
        defined $word ? $kept : "\n" x $lines || ' '}gse;
    my $n = 0;
    print "$file:", ++$n, ":$_\n" for split /\n/, $text;
}
