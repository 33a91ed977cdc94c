using System.Text;

namespace Mlp.Runtime.Data;

/// <summary>Reads the column names of a CSV file, so that nothing about the file has to be guessed.</summary>
internal static class CsvHeader
{
    internal static List<string> Read(string path, CsvFormat format)
    {
        using var reader = new StreamReader(path, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false), detectEncodingFromByteOrderMarks: true);
        var names = new List<string>();
        var name = new StringBuilder();
        var quoted = false;
        for (var next = reader.Read(); next >= 0; next = reader.Read())
        {
            var c = (char)next;
            if (c == format.Quote)
            {
                if (quoted && reader.Peek() == format.Quote)
                {
                    name.Append((char)reader.Read());
                }
                else
                {
                    quoted = !quoted;
                }
            }
            else if (!quoted && c == format.Delimiter)
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
        return names;

        void Take()
        {
            names.Add(name.ToString());
            name.Clear();
        }
    }
}
