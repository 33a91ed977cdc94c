using System.Data.Common;
using System.Globalization;
using System.Security.Cryptography;
using System.Text.RegularExpressions;
using DuckDB.NET.Data;

namespace Quickstart.Data;

/// <summary>Reads trips from a CSV file with the columns of the Chicago taxi data: comma-separated, quoted by double quotes, with a header.</summary>
internal static partial class TripCsv
{
    private const double SecondsPerDay = 86_400;

    /// <summary>The 15,002 trips of 2013 to 2016 that the TFX tutorials use.</summary>
    private const string ChicagoSha256 = "cdaf0b5931442ef47693f408f25a37af710aca23fccb90a78f00930e89548805";

    private static readonly Field[] Fields =
    [
        new("trip_start_timestamp", 0, 253_000_000_000, IsRequired: true),
        new("trip_seconds", 0, 30 * SecondsPerDay),
        new("trip_miles", 0, 1_000_000),
        new("fare", 0, 1_000_000),
        new("tips", 0, 1_000_000),
        new("payment_type"),
        new("company"),
        new("pickup_community_area", 0, 1_000_000_000, IsWhole: true),
        new("trip_start_month", 1, 12, IsRequired: true, IsWhole: true),
        new("trip_start_hour", 0, 23, IsRequired: true, IsWhole: true),
        new("trip_start_day", 1, 7, IsRequired: true, IsWhole: true),
    ];

    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    /// <exception cref="InvalidDataException">The file is not what it should be; the message names the column and, where there is one, the row, counted from 1 for the header.</exception>
    public static TripSource Read(string path)
    {
        if (Directory.Exists(path))
        {
            throw new InvalidDataException($"Expected a CSV file of trips at '{Path.GetFullPath(path)}', but it is a folder.");
        }

        if (!File.Exists(path))
        {
            throw new FileNotFoundException($"Expected a CSV file of trips at '{Path.GetFullPath(path)}', but found none.", path);
        }

        var trips = ReadTrips(path, ReadHeader(path));
        using var content = File.OpenRead(path);
        var hash = Convert.ToHexStringLower(SHA256.HashData(content));
        return new TripSource(Path.GetFileName(path), trips, $"trips-{hash[..16]}", [], PlantedDrift: null)
        {
            // Many have tried this one file: small networks reach 0.933, boosted trees 0.941, and more than 0.95 was always a leak. Other trips may be harder or easier, and nobody
            // knows by how much, so the bounds belong to these bytes and to no other file.
            KnownAuc = hash == ChicagoSha256 ? (0.925, 0.95) : null,
        };
    }

    /// <summary>The names of all columns, checked.</summary>
    private static List<string> ReadHeader(string path)
    {
        using var reader = new StreamReader(path);
        if (reader.ReadLine() is not { } header)
        {
            throw new InvalidDataException($"Expected a CSV file of trips with a header line at '{path}', but it is empty.");
        }

        // What is no text has control characters, and its bytes do not belong in a message.
        if (header.Any(c => char.IsControl(c) || c == '\uFFFD'))
        {
            throw new InvalidDataException($"Expected comma-separated UTF-8 text in '{path}', but it cannot be read as such.");
        }

        var found = HeaderNames().Matches(header)
            .Select(m => m.Groups["quoted"].Success ? m.Groups["quoted"].Value.Replace("\"\"", "\"", StringComparison.Ordinal) : m.Groups["plain"].Value)
            .ToList();
        var missing = Fields.Select(f => f.Name).Except(found, StringComparer.Ordinal).ToArray();
        if (missing.Length > 0)
        {
            throw new InvalidDataException(
                $"Expected the column{(missing.Length > 1 ? "s" : string.Empty)} {Quoted(missing)} in '{path}', but found only {Quoted(found)}.");
        }

        return found.GroupBy(name => name, StringComparer.OrdinalIgnoreCase).FirstOrDefault(g => g.Count() > 1) is { } repeated
            ? throw new InvalidDataException($"Expected each column of '{path}' once, but found '{repeated.Key}' {repeated.Count()} times.")
            : found;
    }

    private static List<Trip> ReadTrips(string path, List<string> header)
    {
        using var connection = new DuckDBConnection("DataSource=:memory:");
        connection.Open();
        using var command = connection.CreateCommand();

        // Nothing is left to be guessed from the content, so that a broken row is an error in that row and not another dialect. Everything is read as text and converted here, so that a
        // bad number is reported with its row and column.
        command.CommandText =
            $$"""
            SELECT {{string.Join(", ", Fields.Select(f => f.Name))}}
            FROM read_csv(?, auto_detect = false, delim = ',', quote = '"', escape = '"', header = true,
                columns = { {{string.Join(", ", header.Select(name => $"'{name.Replace("'", "''", StringComparison.Ordinal)}': 'VARCHAR'"))}} })
            """;
        command.Parameters.Add(new DuckDBParameter(path));
        var trips = new List<Trip>();
        try
        {
            using var reader = command.ExecuteReader();
            for (var row = 2; reader.Read(); row++)
            {
                trips.Add(ToTrip(new Row(reader, path, row)));
            }
        }
        catch (DuckDBException e)
        {
            // DuckDB's own text quotes the row, and values do not belong in messages.
            var row = BrokenRow().Match(e.Message);
            throw new InvalidDataException(
                row.Success
                    ? $"Expected {header.Count} comma-separated fields, with every quote closed, in row {row.Groups[1].Value} of '{path}', but found another number of them or an open quote."
                    : $"Expected comma-separated UTF-8 text in '{path}', but it cannot be read as such.",
                e);
        }

        // A stable sort: trips that start together keep the order of the file.
        return [.. trips.OrderBy(t => t.Start)];
    }

    private static Trip ToTrip(Row row) => new()
    {
        Start = DateTimeOffset.UnixEpoch.AddSeconds(row.Number(0)!.Value),
        Seconds = row.Number(1) ?? 0,
        Miles = row.Number(2) ?? 0,
        Fare = row.Number(3) ?? 0,
        Tips = row.Number(4) ?? 0,
        PaymentType = row.Text(5) ?? "Unknown",
        Company = row.Text(6),
        PickupArea = (long?)row.Number(7),
        Month = (long)row.Number(8)!.Value,
        Hour = (long)row.Number(9)!.Value,
        Weekday = (long)row.Number(10)!.Value,
    };

    private static string Quoted(IEnumerable<string> names) => string.Join(", ", names.Select(name => $"'{name}'"));

    [GeneratedRegex("""\G(?:^|,)(?:"(?<quoted>(?:[^"]|"")*)"|(?<plain>[^,]*))""")]
    private static partial Regex HeaderNames();

    [GeneratedRegex(@"CSV Error on Line: (\d+)")]
    private static partial Regex BrokenRow();

    /// <summary>A column that is read, and the numbers that make sense in it.</summary>
    private sealed record Field(string Name, double Minimum = 0, double Maximum = 0, bool IsRequired = false, bool IsWhole = false)
    {
        public string Expected => string.Create(CultureInfo.InvariantCulture, $"Expected a {(IsWhole ? "whole number" : "number")} from {Minimum:N0} to {Maximum:N0}");
    }

    /// <summary>One row of the file, by position in <see cref="Fields"/>.</summary>
    private readonly record struct Row(DbDataReader Reader, string Path, int Index)
    {
        public string? Text(int column) => Reader.IsDBNull(column) || Reader.GetString(column).Length == 0 ? null : Reader.GetString(column);

        public double? Number(int column)
        {
            var field = Fields[column];
            if (Text(column) is not { } text)
            {
                return field.IsRequired ? throw Wrong(field, "found nothing") : null;
            }

            if (!double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number))
            {
                throw Wrong(field, "found text that is none");
            }

            if (double.IsNaN(number))
            {
                throw Wrong(field, "found NaN");
            }

            if (!(number >= field.Minimum && number <= field.Maximum))
            {
                throw Wrong(field, "found one outside that range");
            }

            return field.IsWhole && number != Math.Floor(number) ? throw Wrong(field, "found a fraction") : number;
        }

        private InvalidDataException Wrong(Field field, string found)
            => new(string.Create(CultureInfo.InvariantCulture, $"{field.Expected} in column '{field.Name}', row {Index} of '{Path}', but {found}."));
    }
}
