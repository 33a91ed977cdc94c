using System.Globalization;
using Mlp.Runtime.Data;
using Mlp.Runtime.Storage;

namespace Mlp.Monitoring.Profiles;

/// <summary>
/// The name of a file with the profile of one pane: <c>predictions/{model}/profiles/v{version}/{variant}/{start}-{seconds}-{id}.mlprofile</c>. Each pane that was begun has a file of its own, so that none overwrites
/// what another has seen; several of one span of time are merged when they are read. A day whose panes were merged into one file ends in <c>.mlprofileday</c> (<see cref="ProfileDay"/>).
/// </summary>
/// <param name="Path">Full path.</param>
/// <param name="Version">Model version.</param>
/// <param name="Variant">The role that the version served in.</param>
/// <param name="Start">Beginning of the pane, microseconds.</param>
/// <param name="End">End of the pane, microseconds, exclusive.</param>
internal sealed record ProfileFile(string Path, int Version, string Variant, long Start, long End)
{
    private const string Folder = "profiles";
    private const string Extension = ".mlprofile";
    private const string DayExtension = ".mlprofileday";
    private const long MicrosecondsPerDay = 86_400_000_000;
    private const string TimeFormat = "yyyyMMdd'T'HHmmss'Z'";

    /// <summary>Whether it is the profile of a day that replaces those of panes.</summary>
    public bool IsDay => Path.EndsWith(DayExtension, StringComparison.Ordinal);

    /// <summary>Name of the file.</summary>
    public string Name => System.IO.Path.GetFileName(Path);

    /// <summary>Beginning of the day that the pane lies in, microseconds.</summary>
    public long Day => Start - (((Start % MicrosecondsPerDay) + MicrosecondsPerDay) % MicrosecondsPerDay);

    /// <summary>The file of a pane.</summary>
    /// <param name="root">Folder that holds one folder per model.</param>
    /// <param name="model">Model name.</param>
    /// <param name="version">Model version.</param>
    /// <param name="variant">The role that the version served in.</param>
    /// <param name="start">Beginning of the pane, microseconds, a whole second.</param>
    /// <param name="pane">Its length.</param>
    /// <param name="id">Tells apart panes of one span of time; letters and digits.</param>
    /// <param name="isDay">Whether it replaces files of panes.</param>
    public static ProfileFile Of(string root, string model, int version, string variant, long start, TimeSpan pane, string id, bool isDay = false)
    {
        var time = DateTimeOffset.UnixEpoch.AddTicks(start * TimeSpan.TicksPerMicrosecond).UtcDateTime.ToString(TimeFormat, CultureInfo.InvariantCulture);
        var name = FormattableString.Invariant($"{time}-{(long)pane.TotalSeconds}-{id}{(isDay ? DayExtension : Extension)}");
        var folder = FormattableString.Invariant($"v{version}");
        return new(System.IO.Path.Combine(DirectoryOf(root, model), folder, Uri.EscapeDataString(variant), name), version, variant, start, start + (pane.Ticks / TimeSpan.TicksPerMicrosecond));
    }

    /// <summary>The files of a model, by version, variant and time, those that another one replaces too.</summary>
    /// <param name="root">Folder that holds one folder per model.</param>
    /// <param name="model">Model name.</param>
    /// <exception cref="ArgumentException">The name cannot be that of a model.</exception>
    public static IReadOnlyList<ProfileFile> List(string root, string model)
    {
        var directory = DirectoryOf(root, model);
        if (!Directory.Exists(directory))
        {
            return [];
        }

        return [.. Directory.EnumerateFiles(directory, "*" + Extension + "*", SearchOption.AllDirectories)
            .Where(path => !DurableFile.IsTemporary(path) && (path.EndsWith(Extension, StringComparison.Ordinal) || path.EndsWith(DayExtension, StringComparison.Ordinal)))
            .Select(TryParse)
            .OfType<ProfileFile>()
            .OrderBy(file => file.Version)
            .ThenBy(file => file.Variant, StringComparer.Ordinal)
            .ThenBy(file => file.Start)
            .ThenBy(file => file.Path, StringComparer.Ordinal)];
    }

    private static ProfileFile? TryParse(string path)
    {
        var parts = System.IO.Path.GetFileNameWithoutExtension(path).Split('-');
        var variant = System.IO.Path.GetDirectoryName(path)!;
        var version = System.IO.Path.GetFileName(System.IO.Path.GetDirectoryName(variant)!);
        if (parts.Length != 3
            || !version.StartsWith('v')
            || !int.TryParse(version.AsSpan(1), NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            || !long.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out var seconds)
            || !DateTime.TryParseExact(parts[0], TimeFormat, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out var time))
        {
            return null;
        }

        var start = (time - DateTime.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond;
        return new(path, number, Uri.UnescapeDataString(System.IO.Path.GetFileName(variant)), start, start + (seconds * 1_000_000));
    }

    private static string DirectoryOf(string root, string model)
    {
        PlatformName.Require(model, "model", nameof(model));
        return System.IO.Path.Combine(root, model, Folder);
    }
}
