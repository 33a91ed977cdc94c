using System.Buffers;

namespace Mlp.Runtime.Registry;

/// <summary>The rule for names of models and aliases. They become folder names, so nothing else may reach a path.</summary>
internal static class RegistryName
{
    private const int MaximumLength = 100;

    private static readonly SearchValues<char> Allowed = SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.");

    /// <summary>Refuses what is no name.</summary>
    /// <param name="name">The name.</param>
    /// <param name="what">What it names: "model" or "alias".</param>
    /// <param name="parameter">Name of the caller's parameter.</param>
    /// <exception cref="ArgumentException">It is no name.</exception>
    public static void Require(string name, string what, string parameter)
    {
        ArgumentNullException.ThrowIfNull(name, parameter);
        if (!IsValid(name))
        {
            throw new ArgumentException(
                $"Expected the name of the {what} to be 1 to {MaximumLength} letters a to z, digits, '-', '_' and '.', "
                + $"with a letter or digit first and no '.' last, but found '{name}'.",
                parameter);
        }
    }

    /// <summary>Whether text is a name.</summary>
    /// <param name="name">The text.</param>
    public static bool IsValid(string name)
        => name.Length is > 0 and <= MaximumLength
        && !name.AsSpan().ContainsAnyExcept(Allowed)
        && char.IsAsciiLetterOrDigit(name[0])
        && name[^1] != '.';
}
