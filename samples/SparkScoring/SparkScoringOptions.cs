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
          --model NAME           name of the model (default: big-tipper)
          --input FOLDER         Parquet files with a column 'id' of bigint and one column per feature; made unless it is given
          --rows COUNT           rows of an input that is made (default: 500000)
          --output FOLDER        where Spark writes the scores (default: a temporary folder)
        """;

    public string? Jars { get; private init; }

    public string? Connection { get; private init; }

    public string DataDirectory { get; private init; } = "ml-data";

    public string Model { get; private init; } = "big-tipper";

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

            var name = arguments[i];
            var value = ++i < arguments.Count ? arguments[i] : throw new SparkScoringException($"Expected a value behind {name}, but found none. --help shows the options.");
            options = name switch
            {
                "--jars" => options with { Jars = Path.GetFullPath(value) },
                "--connect" => options with { Connection = value },
                "--data" => options with { DataDirectory = value },
                "--model" => options with { Model = value },
                "--input" => options with { Input = Path.GetFullPath(value) },
                "--output" => options with { Output = Path.GetFullPath(value) },
                "--rows" => options with
                {
                    RowCount = long.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var rows) && rows is > 0 and <= int.MaxValue
                        ? rows
                        : throw new SparkScoringException($"Expected a number of rows from 1 to {int.MaxValue} behind --rows, but found '{value}'."),
                },
                _ => throw new SparkScoringException($"Expected an option of this program, but found '{name}'. --help shows them."),
            };
        }

        return (options.Jars is null) != (options.Connection is null)
            ? options
            : throw new SparkScoringException("Expected either --jars or --connect. --help shows the options.");
    }
}
