using System.Globalization;

namespace Quickstart;

/// <summary>What the command line asks for.</summary>
internal sealed record QuickstartOptions
{
    public const string Usage =
        """
        Usage: dotnet run -c Release --project samples/Quickstart [-- options]

          --data FILE            a CSV file of trips with the columns of the Chicago
                                 taxi data; without it a synthetic stream is made
          --data-directory PATH  where the platform keeps its files
                                 (default: ml-data)
          --trips N              length of the synthetic stream, 12,000 to
                                 1,000,000 (default: 12,000)
          --seed N               seed of the synthetic stream and of the training
                                 (default: 1); the training of run n on a
                                 directory takes the seed plus the versions there
          --shuffle-labels       deals the outcomes out anew before any feature
                                 is built: a check that nothing is found where
                                 there is nothing
          --help                 this text
        """;

    /// <summary>The CSV file; null for the synthetic stream.</summary>
    public string? DataFile { get; init; }

    public string DataDirectory { get; init; } = "ml-data";

    public int TripCount { get; init; } = 12_000;

    public int Seed { get; init; } = 1;

    /// <summary>Deals the outcomes out anew among the trips before any feature is built: a check that the pipeline finds nothing where there is nothing.</summary>
    public bool ShuffleLabels { get; init; }

    public bool ShowHelp { get; init; }

    /// <exception cref="ArgumentException">An option is unknown or has a wrong value.</exception>
    public static QuickstartOptions Parse(IReadOnlyList<string> arguments)
    {
        var options = new QuickstartOptions();
        for (var i = 0; i < arguments.Count; i++)
        {
            options = arguments[i] switch
            {
                "--help" or "-h" => options with { ShowHelp = true },
                "--data" => options with { DataFile = Value(arguments, ref i) },
                "--data-directory" => options with { DataDirectory = Value(arguments, ref i) },
                "--trips" => options with { TripCount = Number(arguments, ref i, 12_000, 1_000_000) },
                "--seed" => options with { Seed = Number(arguments, ref i, 0, int.MaxValue) },
                "--shuffle-labels" => options with { ShuffleLabels = true },
                var unknown => throw new ArgumentException($"Expected one of --data, --data-directory, --trips, --seed, --shuffle-labels and --help, but found '{unknown}'."),
            };
        }

        return options.DataFile is not null && arguments.Contains("--trips")
            ? throw new ArgumentException("Expected '--trips' for the synthetic stream or '--data' for a file, but found both.")
            : options;
    }

    private static string Value(IReadOnlyList<string> arguments, ref int index)
    {
        var option = arguments[index];
        if (index + 1 == arguments.Count)
        {
            throw new ArgumentException($"Expected a value after '{option}', but found the end of the command line.");
        }

        var value = arguments[++index];
        return string.IsNullOrWhiteSpace(value) ? throw new ArgumentException($"Expected a value after '{option}', but found an empty text.")
            : value.StartsWith("--", StringComparison.Ordinal) ? throw new ArgumentException($"Expected a value after '{option}', but found the option '{value}'; a path that starts so is written './{value}'.")
            : value;
    }

    private static int Number(IReadOnlyList<string> arguments, ref int index, int minimum, int maximum)
    {
        var option = arguments[index];
        var text = Value(arguments, ref index);
        return int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number >= minimum && number <= maximum
            ? number
            : throw new ArgumentException(
                string.Create(CultureInfo.InvariantCulture, $"Expected a whole number from {minimum:N0} to {maximum:N0} after '{option}', but found '{text}'."));
    }
}
