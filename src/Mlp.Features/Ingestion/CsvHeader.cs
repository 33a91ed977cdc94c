using System.Text;

namespace Mlp.Features.Ingestion;

/// <summary>Reads the column names of a CSV file, so that nothing about the file has to be guessed.</summary>
internal static class CsvHeader
{
    internal static List<string> Read(string path, CsvIngestOptions options)
    {
        using var reader = new StreamReader(path, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false), detectEncodingFromByteOrderMarks: true);
        var names = new List<string>();
        var name = new StringBuilder();
        var quoted = false;
        for (var next = reader.Read(); next >= 0; next = reader.Read())
        {
            var c = (char)next;
            if (c == options.Quote)
            {
                if (quoted && reader.Peek() == options.Quote)
                {
                    name.Append((char)reader.Read());
                }
                else
                {
                    quoted = !quoted;
                }
            }
            else if (!quoted && c == options.Delimiter)
            {
                Take();
            }
            else if (!quoted && c is '\r' or '\n')
            {
                break;
            }
            else
            {
                name.Append(c);
            }
        }

        Take();
        if (names is [""])
        {
            throw new IngestException(path, $"Expected a header line with column names in '{path}', but found none.");
        }

        // SQL does not tell names apart by case.
        return names.GroupBy(n => n, StringComparer.OrdinalIgnoreCase).FirstOrDefault(g => g.Count() > 1) is { } twice
            ? throw new IngestException(path, $"Expected the column names of '{path}' to be unique without regard to case, but '{twice.Key}' occurs {twice.Count()} times.", twice.Key)
            : names;

        void Take()
        {
            names.Add(name.ToString());
            name.Clear();
        }
    }
}
