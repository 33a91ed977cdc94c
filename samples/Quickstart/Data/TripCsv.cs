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

        using var connection = new DuckDBConnection("DataSource=:memory:");
        connection.Open();
        CheckColumns(connection, path);
        var trips = ReadTrips(connection, path);
        using var content = File.OpenRead(path);
        var hash = Convert.ToHexStringLower(SHA256.HashData(content));
        return new TripSource(Path.GetFileName(path), trips, $"trips-{hash[..16]}", [], PlantedDrift: null);
    }

    private static void CheckColumns(DuckDBConnection connection, string path)
    {
        using var command = Query(connection, "DESCRIBE SELECT * FROM read_csv(?, all_varchar = true, header = true)", path);
        using var reader = command.ExecuteReader();
        var found = new List<string>();
        while (reader.Read())
        {
            found.Add(reader.GetString(0));
        }

        var missing = Columns.Except(found, StringComparer.Ordinal).ToArray();
        if (missing.Length > 0)
        {
            throw new InvalidDataException(
                $"Expected the column{(missing.Length > 1 ? "s" : string.Empty)} {string.Join(", ", missing.Select(m => $"'{m}'"))} in '{path}', "
                + $"but found only {string.Join(", ", found.Select(f => $"'{f}'"))}.");
        }
    }

    private static List<Trip> ReadTrips(DuckDBConnection connection, string path)
    {
        // Everything is read as text and converted here, so that a bad number is reported with its row and column.
        using var command = Query(
            connection, $"SELECT {string.Join(", ", Columns)} FROM read_csv(?, all_varchar = true, header = true, parallel = false)", path);
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

        return double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && double.IsFinite(number)
            ? number
            : throw new InvalidDataException($"Expected a number in column '{Columns[column]}', row {row} of '{path}', but found text that is none.");
    }

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
