using System.Data.Common;
using System.Globalization;
using System.Security.Cryptography;
using DuckDB.NET.Data;

namespace Quickstart.Data;

/// <summary>Reads trips from a CSV file with the columns of the Chicago taxi data.</summary>
internal static class TripCsv
{
    private static readonly string[] Columns =
    [
        "trip_start_timestamp", "trip_seconds", "trip_miles", "fare", "tips", "payment_type", "company",
        "pickup_community_area", "trip_start_month", "trip_start_hour", "trip_start_day",
    ];

    public static TripSource Read(string path)
    {
        if (!File.Exists(path))
        {
            throw new FileNotFoundException($"Expected a CSV file of trips at '{Path.GetFullPath(path)}', but found none.", path);
        }

        var trips = ReadTrips(path);
        using var content = File.OpenRead(path);
        var hash = Convert.ToHexStringLower(SHA256.HashData(content));
        return new TripSource(Path.GetFileName(path), trips, $"trips-{hash[..16]}", [], PlantedDrift: null);
    }

    private static List<Trip> ReadTrips(string path)
    {
        using var connection = new DuckDBConnection("DataSource=:memory:");
        connection.Open();
        try
        {
            var header = ReadHeader(path);
            CheckQuotes(path);
            return ReadTrips(connection, path, header);
        }
        catch (DuckDBException e)
        {
            // Its first lines name the row; what follows are settings of its own.
            var reason = string.Join(' ', e.Message.Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).Take(2));
            throw new InvalidDataException($"Expected comma-separated values, with as many in every row as the header has, in '{path}', but: {reason}", e);
        }
    }

    /// <summary>DuckDB takes a quote that is never closed for one that ends with the file, and everything behind it for one value.</summary>
    private static void CheckQuotes(string path)
    {
        var (row, opened) = (0, 0);
        foreach (var line in File.ReadLines(path))
        {
            row++;
            if (line.AsSpan().Count('"') % 2 != 0)
            {
                opened = opened == 0 ? row : 0;
            }
        }

        if (opened != 0)
        {
            throw new InvalidDataException(string.Create(CultureInfo.InvariantCulture, $"Expected every quote to be closed, but row {opened} of '{path}' opens one that is not."));
        }
    }

    private static List<string> ReadHeader(string path)
    {
        var header = File.ReadLines(path).FirstOrDefault() ?? string.Empty;
        var found = header.Split(',').Select(name => name.Trim().Trim('"')).ToList();
        var missing = Columns.Except(found, StringComparer.Ordinal).ToArray();
        if (missing.Length > 0)
        {
            throw new InvalidDataException(
                $"Expected the column{(missing.Length > 1 ? "s" : string.Empty)} {string.Join(", ", missing.Select(m => $"'{m}'"))} in '{path}', "
                + $"but found only {string.Join(", ", found.Select(f => $"'{f}'"))}.");
        }

        return found.GroupBy(name => name, StringComparer.OrdinalIgnoreCase).FirstOrDefault(g => g.Count() > 1) is { Key: var twice }
            ? throw new InvalidDataException($"Expected every column once in '{path}', but found '{twice}' twice.")
            : found;
    }

    private static List<Trip> ReadTrips(DuckDBConnection connection, string path, List<string> header)
    {
        // Nothing is guessed: a guess that fails on one broken row blames another. Everything is read as text and converted here, so that a bad number is reported with its row and column.
        var columns = string.Join(", ", header.Select(name => $"'{name.Replace("'", "''", StringComparison.Ordinal)}': 'VARCHAR'"));
        using var command = Query(
            connection,
            $"SELECT {string.Join(", ", Columns)} FROM read_csv(?, auto_detect = false, header = true, delim = ',', quote = '\"', columns = {{{columns}}}, parallel = false)",
            path);
        using var reader = command.ExecuteReader();
        var trips = new List<Trip>();
        for (var row = 2; reader.Read(); row++)
        {
            trips.Add(new Trip
            {
                Start = DateTimeOffset.UnixEpoch.AddSeconds(Number(reader, 0, path, row) ?? throw Missing(0, path, row)),
                Seconds = Number(reader, 1, path, row) ?? 0,
                Miles = Number(reader, 2, path, row) ?? 0,
                Fare = Number(reader, 3, path, row) ?? 0,
                Tips = Number(reader, 4, path, row) ?? 0,
                PaymentType = Text(reader, 5) ?? "Unknown",
                Company = Text(reader, 6),
                PickupArea = (long?)Number(reader, 7, path, row),
                Month = (long)(Number(reader, 8, path, row) ?? throw Missing(8, path, row)),
                Hour = (long)(Number(reader, 9, path, row) ?? throw Missing(9, path, row)),
                Weekday = (long)(Number(reader, 10, path, row) ?? throw Missing(10, path, row)),
            });
        }

        // A stable sort: trips that start together keep the order of the file.
        return [.. trips.OrderBy(t => t.Start)];
    }

    private static string? Text(DbDataReader reader, int column)
        => reader.IsDBNull(column) || reader.GetString(column).Length == 0 ? null : reader.GetString(column);

    private static double? Number(DbDataReader reader, int column, string path, int row)
    {
        if (Text(reader, column) is not { } text)
        {
            return null;
        }

        if (!double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) || !double.IsFinite(number))
        {
            throw new InvalidDataException($"Expected a number in column '{Columns[column]}', row {row} of '{path}', but found text that is none.");
        }

        return Math.Abs(number) <= Largest(column)
            ? number
            : throw new InvalidDataException(
                string.Create(CultureInfo.InvariantCulture, $"Expected a number of at most {Largest(column):N0} in column '{Columns[column]}', row {row} of '{path}', but found a larger one."));
    }

    /// <summary>Bounds that no trip reaches and that every type in use can hold: the year 2100 in seconds for the start, a year of seconds for the length.</summary>
    private static double Largest(int column) => column switch
    {
        0 => 4_102_444_800,
        1 => 31_536_000,
        _ => 1e9,
    };

    private static InvalidDataException Missing(int column, string path, int row)
        => new($"Expected a number in column '{Columns[column]}', row {row} of '{path}', but found nothing.");

    private static DuckDBCommand Query(DuckDBConnection connection, string sql, string path)
    {
        var command = connection.CreateCommand();
        command.CommandText = sql;
        command.Parameters.Add(new DuckDBParameter(path));
        return command;
    }
}
