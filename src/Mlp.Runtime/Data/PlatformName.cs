using System.Buffers;

namespace Mlp.Runtime.Data;

/// <summary>
/// The one rule for names of models, aliases and definitions. They become names of files and folders, so nothing else may reach a path; they are lower case, so that two of
/// them never meet where file names ignore case, and no device of Windows.
/// </summary>
internal static class PlatformName
{
    /// <summary>Greatest number of characters.</summary>
    public const int MaximumLength = 100;

    private static readonly string Rule = $"1 to {MaximumLength} lower-case letters a to z, digits, '-', '_' and '.', with a letter or digit first and no '.' last";

    private const string DeviceRule = "no device of Windows, which keeps con, prn, aux, nul, com0 to com9 and lpt0 to lpt9";

    private static readonly SearchValues<char> Allowed = SearchValues.Create("abcdefghijklmnopqrstuvwxyz0123456789-_.");

    private static readonly HashSet<string> Devices = new(
        ["con", "prn", "aux", "nul", .. Enumerable.Range(0, 10).SelectMany(i => new[] { FormattableString.Invariant($"com{i}"), FormattableString.Invariant($"lpt{i}") })],
        StringComparer.Ordinal);

    /// <summary>Refuses what is no name.</summary>
    /// <param name="name">The name.</param>
    /// <param name="what">What it names, for example "model".</param>
    /// <param name="parameter">Name of the caller's parameter.</param>
    /// <exception cref="ArgumentException">It is no name.</exception>
    public static void Require(string name, string what, string parameter)
    {
        ArgumentNullException.ThrowIfNull(name, parameter);
        if (FindProblem(name, what) is { } problem)
        {
            throw new ArgumentException(problem, parameter);
        }
    }

    /// <summary>Whether text is a name.</summary>
    /// <param name="name">The text.</param>
    public static bool IsValid(string name) => IsWellFormed(name) && !IsDevice(name);

    /// <summary>What is wrong with a name, as a sentence; null when it is one.</summary>
    /// <param name="name">The name.</param>
    /// <param name="what">What it names, for example "model".</param>
    public static string? FindProblem(string name, string what)
    {
        if (!IsWellFormed(name))
        {
            return $"Expected the name of the {what} to be {Rule}, but found '{name}'.";
        }

        return IsDevice(name) ? $"Expected the name of the {what} to be {DeviceRule}, but found '{name}'." : null;
    }

    /// <summary>What is wrong with a setting that is a name, as a sentence; null when it is one.</summary>
    /// <param name="name">Text.</param>
    /// <param name="path">The path of the setting, or the end of it.</param>
    public static string? FindSettingProblem(string name, string path)
        => !IsWellFormed(name) ? $"{path} must be {Rule}, but is '{name}'." : IsDevice(name) ? $"{path} must be {DeviceRule}, but is '{name}'." : null;

    private static bool IsWellFormed(string name)
        => name.Length is > 0 and <= MaximumLength
        && !name.AsSpan().ContainsAnyExcept(Allowed)
        && char.IsAsciiLetterOrDigit(name[0])
        && name[^1] != '.';

    /// <summary>Whether a lower-case name is a device of Windows. An extension does not make a device a file.</summary>
    /// <param name="name">The name.</param>
    public static bool IsDevice(string name) => Devices.Contains(name.Split('.', 2)[0]);
}
