using System.Buffers;
using Mlp.Runtime.Models.Packages;

namespace Mlp.Training.Runs;

/// <summary>The rules for what a run calls its parameters, metrics, tags and files. They are those that MLflow has, so that every run can be exported.</summary>
internal static class RunNames
{
    private const int MaximumLength = 250;

    private static readonly SearchValues<char> Allowed = SearchValues.Create("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-. /");

    /// <summary>Refuses what is no name of a parameter, metric or tag.</summary>
    public static void RequireKey(string name, string what, string parameter)
    {
        ArgumentNullException.ThrowIfNull(name, parameter);
        if (name.Length is 0 or > MaximumLength || name.AsSpan().ContainsAnyExcept(Allowed) || name.Split('/').Any(part => part is "" or "." or ".."))
        {
            throw new ArgumentException(
                $"Expected the name of the {what} to be 1 to {MaximumLength} letters, digits, spaces, '_', '-' and '.', in parts separated by '/', but found '{name}'.", parameter);
        }
    }

    /// <summary>Refuses what is no name of an artifact.</summary>
    public static void RequireArtifact(string name, string parameter)
    {
        ArgumentNullException.ThrowIfNull(name, parameter);
        if (ExternalDataLocation.FindProblem(name) is { } problem)
        {
            throw new ArgumentException($"Expected the name of the artifact to be a path within the run's folder, but {problem}.", parameter);
        }
    }
}
