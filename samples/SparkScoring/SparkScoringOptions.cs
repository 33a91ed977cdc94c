using System.Globalization;

namespace SparkScoring;

/// <summary>What the program was asked for.</summary>
internal sealed record SparkScoringOptions
{
    public const string Usage =
        """
        Scores a folder of Parquet files with the Quickstart's champion, on Spark and in this process, and compares.

          --jars FOLDER          starts Spark from the jars in the folder (Java 17 or newer)
          --connect sc://…       or talks to a Spark Connect server that runs, whose executors see this machine's files
          --data DIRECTORY       the data directory of the Quickstart (default: ml-data)
          --input FOLDER         Parquet files with a column 'id' of bigint, the columns of a request and the stored features; made unless it is given
          --rows COUNT           rows of an input that is made (default: 500000)
          --output FOLDER        where Spark writes the scores; nothing may be there (default: a temporary folder)
        """;

    public string? Jars { get; private init; }

    public string? Connection { get; private init; }

    public string DataDirectory { get; private init; } = "ml-data";

    public string? Input { get; private init; }

    public long RowCount { get; private init; } = 500_000;

    public string? Output { get; private init; }

    /// <summary>Reads a command line.</summary>
    /// <returns>Null when help is wanted.</returns>
    public static SparkScoringOptions? Parse(IReadOnlyList<string> arguments)
    {
        var options = new SparkScoringOptions();
        for (var i = 0; i < arguments.Count; i++)
        {
            if (arguments[i] is "--help" or "-h")
            {
                return null;
            }

            options = arguments[i] switch
            {
                "--jars" => options with { Jars = Path.GetFullPath(Value(arguments, ref i)) },
                "--connect" => options with { Connection = Value(arguments, ref i) },
                "--data" => options with { DataDirectory = Value(arguments, ref i) },
                "--input" => options with { Input = Path.GetFullPath(Value(arguments, ref i)) },
                "--output" => options with { Output = Path.GetFullPath(Value(arguments, ref i)) },
                "--rows" => options with { RowCount = Rows(Value(arguments, ref i)) },
                var unknown => throw new SparkScoringException($"Expected one of --jars, --connect, --data, --input, --rows, --output and --help, but found '{unknown}'."),
            };
        }

        if ((options.Jars is null) == (options.Connection is null))
        {
            throw new SparkScoringException($"Expected either --jars or --connect, but found {(options.Jars is null ? "none" : "both")}. --help shows the options.");
        }

        return options.Input is null || !arguments.Contains("--rows")
            ? options
            : throw new SparkScoringException("Expected --rows for an input that is made, but found --input beside it.");
    }
    private static string Value(IReadOnlyList<string> arguments, ref int index)
    {
        var option = arguments[index];
        var value = ++index < arguments.Count ? arguments[index] : string.Empty;
        return value.Length > 0 && !value.StartsWith("--", StringComparison.Ordinal)
            ? value
            : throw new SparkScoringException($"Expected a value behind {option}, but found none. --help shows the options.");
    }

    private static long Rows(string value)
        => long.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var rows) && rows is > 0 and <= int.MaxValue
            ? rows
            : throw new SparkScoringException(string.Create(CultureInfo.InvariantCulture, $"Expected a number of rows from 1 to {int.MaxValue} behind --rows, but found '{value}'."));
}
