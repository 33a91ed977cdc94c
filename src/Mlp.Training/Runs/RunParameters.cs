using System.Buffers;
using Mlp.Runtime.Models;

namespace Mlp.Training.Runs;

/// <summary>The settings of a trainer as parameters of a run.</summary>
public static class RunParameters
{
    /// <summary>What names of a trainer's settings begin with.</summary>
    internal const string Prefix = "trainer.";

    private const int MaximumName = 200;
    private const int MaximumValue = 2000;
    private const int HashLength = 16;

    private static readonly SearchValues<char> Allowed = SearchValues.Create("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-. ");

    /// <summary>Logs the trainer of a run: its kind as <c>trainer.Kind</c> and each of its settings, as <c>trainer.LearningRate</c>. All of them are logged, or none.</summary>
    /// <param name="run">The run.</param>
    /// <param name="trainer">The trainer.</param>
    /// <exception cref="InvalidOperationException">Another trainer has been logged already, or the run has ended.</exception>
    public static void LogTrainer(this IRun run, ITrainer trainer)
    {
        ArgumentNullException.ThrowIfNull(run);
        ArgumentNullException.ThrowIfNull(trainer);
        var parameters = Of(trainer.Parameters);
        if (run is ActiveRun active)
        {
            if (active.TryLogParameters(parameters) is { } other)
            {
                throw new InvalidOperationException(
                    $"Expected one trainer in run '{run.Name}' of experiment '{run.Experiment}', but another one was logged before, whose '{other}' is another: give each trainer a run of its own.");
            }

            return;
        }

        foreach (var (name, value) in parameters)
        {
            run.LogParameter(name, value);
        }
    }

    /// <summary>
    /// Settings as parameters. Where a name has characters that a run's names may not have, or is too long, others take their place; a value that is too long for a table is cut, and its hash tells it from others.
    /// </summary>
    /// <param name="settings">The settings by path.</param>
    internal static SortedDictionary<string, string> Of(IReadOnlyDictionary<string, string> settings)
    {
        var parameters = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (var (name, value) in settings.OrderBy(s => s.Key, StringComparer.Ordinal))
        {
            var allowed = NameOf(name);
            parameters[parameters.ContainsKey(allowed) ? $"{allowed}-{HashOf(name)}" : allowed] = value.Length > MaximumValue ? $"{value[..MaximumValue]}... {HashOf(value)}" : value;
        }

        return parameters;
    }

    private static string NameOf(string name)
    {
        var allowed = Prefix + string.Concat(name.Select(c => Allowed.Contains(c) ? c : '_'));
        return allowed.Length > MaximumName ? $"{allowed[..MaximumName]}-{HashOf(name)}" : allowed;
    }

    private static string HashOf(string text) => ContentHash.Of(System.Text.Encoding.UTF8.GetBytes(text))[..HashLength];
}
