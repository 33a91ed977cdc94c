using Mlp.Runtime.Models;

namespace Mlp.Spark.Commands;

/// <summary>What a command must hold beyond its form.</summary>
internal static class CommandRules
{
    /// <summary>Checks a command.</summary>
    /// <param name="command">The command.</param>
    /// <exception cref="CommandException">Something is missing or contradicts something else.</exception>
    public static void Check(WorkerCommand command)
    {
        switch (command)
        {
            case ScoreCommand score:
                Check(score);
                break;
            case MethodCommand method:
                Check(method.Method, "method");
                CheckColumns(method.Outputs?.Select(o => (o?.Name, o?.Type)), "outputs");
                break;
            case OnDemandCommand transform:
                Check(transform.Transform, "transform");
                CheckNames(transform.Features, "features");
                CheckNames(transform.Keep, "keep");
                Require(transform.Statuses.Values.All(column => !string.IsNullOrEmpty(column)), "a name in each entry of 'statuses'", "none");
                break;
            default:
                throw new ArgumentException($"Expected a known command, but found {command.GetType().Name}.", nameof(command));
        }
    }

    private static void Check(ScoreCommand command)
    {
        Check(command.Model, "model");
        CheckNames(command.Inputs.Select(i => i?.Feature), "inputs");
        foreach (var input in command.Inputs)
        {
            Require(input.Column is null || input.Column.Length > 0, "a name or nothing as column of each entry of 'inputs'", "an empty one");
        }

        foreach (var transform in command.Transforms)
        {
            Check(transform, "transforms");
        }

        CheckNames(command.Transforms.Select(t => t.View), "transforms");
        CheckNames(command.Arguments, "arguments");
        if (command.Inputs.FirstOrDefault(i => i.View is not null && command.Transforms.All(t => t.View != i.View)) is { } unknown)
        {
            throw new CommandException($"Expected a view of 'transforms' of the command for feature '{unknown.Feature}', but found '{unknown.View}'.");
        }

        Require(command.Outputs.Count > 0, "at least one entry in 'outputs'", "none");
        CheckColumns(command.Outputs.Select(o => (o?.Name, o?.Type)), "outputs");
        CheckNames(command.Keep, "keep");
        if (command.Outputs.FirstOrDefault(o => command.Keep.Contains(o.Name, StringComparer.Ordinal)) is { } taken)
        {
            throw new CommandException($"Expected different names in 'keep' and 'outputs' of the command, but found '{taken.Name}' in both.");
        }

        Check(command.Nulls);
    }

    private static void Check(NullHandling nulls)
    {
        Require(nulls.Policy != NullPolicyName.Value, "a policy for all features in 'nulls'", "'value', which belongs to one");
        foreach (var (feature, handling) in nulls.Features)
        {
            Require(handling is not null, $"an object for feature '{feature}' in 'nulls'", "null");
            Require(handling!.Policy != NullPolicyName.Propagate, $"a policy for feature '{feature}' in 'nulls'", "'propagate', which concerns whole rows");
            Require(
                (handling.Policy == NullPolicyName.Value) == (handling.Value is not null),
                $"a value for feature '{feature}' in 'nulls' with the policy 'value' and with no other",
                handling.Value is null ? "none" : "one with another");
        }
    }

    private static void Check(TransformReference? transform, string where)
    {
        Require(transform is not null, $"an on-demand view in '{where}'", "null");
        Check(transform!.Method, where);
        Require(transform.View.Length > 0, $"the name of an on-demand view in '{where}'", "an empty one");
        Require(transform.Version >= 1, $"a version of at least 1 of the on-demand view '{transform.View}'", FormattableString.Invariant($"{transform.Version}"));
        Require(ContentHash.IsValid(transform.Fingerprint), $"a fingerprint of 64 lower-case hexadecimal digits of the on-demand view '{transform.View}'", $"'{transform.Fingerprint}'");
        if (transform.GoldenRows is { } golden)
        {
            Check(golden, "goldenRows");
        }
    }

    private static void Check(MethodReference method, string where)
    {
        Check(method.Assembly, $"{where}' as 'assembly");
        Require(method.Type.Length > 0, $"the full name of a type in '{where}'", "an empty one");
        Require(method.Name.Length > 0, $"the name of a method in '{where}'", "an empty one");
    }

    private static void Check(FileReference file, string where)
    {
        Require(file.Path.Length > 0, $"the path of a file in '{where}'", "an empty one");
        Require(ContentHash.IsValid(file.Sha256), $"a SHA-256 of 64 lower-case hexadecimal digits for '{file.Path}'", $"'{file.Sha256}'");
    }

    private static void CheckColumns(IEnumerable<(string? Name, string? Type)>? columns, string where)
    {
        CheckNames(columns?.Select(c => c.Name), where);
        foreach (var (name, type) in columns ?? [])
        {
            _ = SparkTypeText.Parse(type!, $"column '{name}' in '{where}'");
        }
    }

    private static void CheckNames(IEnumerable<string?>? names, string where)
    {
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (var name in names ?? [])
        {
            Require(!string.IsNullOrEmpty(name), $"a name in each entry of '{where}'", "none");
            Require(seen.Add(name!), $"each name once in '{where}'", $"'{name}' twice");
        }
    }

    private static void Require(bool isMet, string expected, string found)
    {
        if (!isMet)
        {
            throw new CommandException($"Expected {expected} of the command, but found {found}.");
        }
    }
}
