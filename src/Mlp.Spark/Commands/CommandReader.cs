using System.Text.Json;

namespace Mlp.Spark.Commands;

/// <summary>Reads and writes commands.</summary>
internal static class CommandReader
{
    /// <summary>Greatest length of a command in bytes.</summary>
    public const int MaximumLength = 1 << 20;

    private const string Wanted = "a command of Mlp (a JSON object with \"v\": 1 and a \"kind\" of \"score\", \"method\" or \"onDemand\")";

    /// <summary>Writes a command.</summary>
    /// <param name="command">The command.</param>
    /// <returns>UTF-8 bytes.</returns>
    public static byte[] Write(WorkerCommand command) => command switch
    {
        ScoreCommand score => JsonSerializer.SerializeToUtf8Bytes(score, CommandJson.Default.ScoreCommand),
        MethodCommand method => JsonSerializer.SerializeToUtf8Bytes(method, CommandJson.Default.MethodCommand),
        OnDemandCommand transform => JsonSerializer.SerializeToUtf8Bytes(transform, CommandJson.Default.OnDemandCommand),
        _ => throw new ArgumentException($"Expected a known command, but found {command.GetType().Name}.", nameof(command)),
    };

    /// <summary>Reads a command.</summary>
    /// <param name="json">UTF-8 bytes.</param>
    /// <exception cref="CommandException">It is no command, one of another version, or not whole.</exception>
    public static WorkerCommand Read(ReadOnlyMemory<byte> json)
    {
        if (json.Length > MaximumLength)
        {
            throw new CommandException(FormattableString.Invariant($"Expected a command of at most {MaximumLength} bytes, but found one of {json.Length}: name files, do not carry them."));
        }

        try
        {
            using var document = JsonDocument.Parse(json, new JsonDocumentOptions { AllowDuplicateProperties = false });
            var command = Read(document.RootElement);
            CommandRules.Check(command);
            return command;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            // The second is of texts that are no Unicode.
            throw new CommandException($"Expected {Wanted}, but found another thing: {e.Message}", e);
        }
    }

    private static WorkerCommand Read(JsonElement root)
    {
        if (root.ValueKind != JsonValueKind.Object)
        {
            throw new CommandException($"Expected {Wanted}, but found JSON of kind {root.ValueKind}.");
        }

        if (!root.TryGetProperty("v", out var version) || version.ValueKind != JsonValueKind.Number || !version.TryGetInt32(out var number))
        {
            throw new CommandException($"Expected {Wanted}, but found none with a number \"v\".");
        }

        if (number != WorkerCommand.CurrentVersion)
        {
            throw new CommandException(FormattableString.Invariant(
                $"Expected a command of version {WorkerCommand.CurrentVersion}, but found version {number}: the client and the worker are of different versions of Mlp."));
        }

        var kind = root.TryGetProperty("kind", out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
        return kind switch
        {
            ScoreCommand.KindName => root.Deserialize(CommandJson.Default.ScoreCommand)!,
            MethodCommand.KindName => root.Deserialize(CommandJson.Default.MethodCommand)!,
            OnDemandCommand.KindName => root.Deserialize(CommandJson.Default.OnDemandCommand)!,
            _ => throw new CommandException($"Expected {Wanted}, but found {(kind is null ? "none with a \"kind\"" : $"kind \"{kind}\"")}."),
        };
    }
}
