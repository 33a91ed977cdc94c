using System.Collections.Frozen;
using System.Globalization;

namespace Mlp.Training.Trees;

/// <summary>Settings of trees as runs and files name them.</summary>
internal static class TreeSettings
{
    // What LightGBM's text model says of the machine that trained it.
    private static readonly FrozenSet<string> OfMachine = FrozenSet.Create("num_threads", "data", "valid", "input_model", "output_model", "output_result", "convert_model", "config", "machines", "machine_list_filename", "local_listen_port", "time_out");

    private static readonly FrozenSet<string> Files = FrozenSet.Create("forcedsplits_filename", "fs", "forced_splits_filename", "forced_splits_file", "forced_splits", "forcedbins_filename", "parser_config_file", "initscore_filename", "valid_data_initscores");

    /// <summary>The settings of options.</summary>
    public static SortedDictionary<string, string> Of(TreeOptions options)
    {
        var settings = SettingTexts.Of("trees", options);
        if (options.CustomMetric is not null)
        {
            settings[nameof(options.CustomMetric)] = "a function of the application";
        }

        if (options.Distributed is { WorldSize: > 1 } together)
        {
            settings[$"{nameof(options.Distributed)}.{nameof(together.WorldSize)}"] = together.WorldSize.ToString(CultureInfo.InvariantCulture);
            settings[$"{nameof(options.Distributed)}.{nameof(together.Learner)}"] = together.Learner.ToString();
        }

        foreach (var (name, value) in options.Parameters)
        {
            settings[$"{nameof(options.Parameters)}.{name}"] = Files.Contains(name) ? SettingTexts.FileNameOf(value) : value;
        }

        return settings;
    }

    /// <summary>A text model whose settings name files without the folders that they lay in.</summary>
    /// <param name="text">The text model.</param>
    public static string WithoutFolders(string text)
    {
        var start = text.IndexOf("\nparameters:", StringComparison.Ordinal);
        return start < 0 ? text : text[..start] + string.Join('\n', text[start..].Split('\n').Select(WithoutFolder));
    }

    /// <summary>The settings with those of LightGBM's text model, by its names; without what tells where it was trained.</summary>
    public static SortedDictionary<string, string> With(IReadOnlyDictionary<string, string> settings, IReadOnlyDictionary<string, string> lightGbm)
    {
        var all = new SortedDictionary<string, string>(settings.ToDictionary(), StringComparer.Ordinal);
        foreach (var (name, value) in lightGbm)
        {
            if (value.Length > 0 && !OfMachine.Contains(name))
            {
                all.TryAdd(name, Files.Contains(name) ? SettingTexts.FileNameOf(value) : value);
            }
        }

        return all;
    }

    // A setting is a line "[name: value]".
    private static string WithoutFolder(string line)
        => line is ['[', .., ']'] && line.IndexOf(": ", StringComparison.Ordinal) is > 0 and var colon && Files.Contains(line[1..colon])
            ? $"{line[..colon]}: {SettingTexts.FileNameOf(line[(colon + 2)..])}"
            : line;
}
