using System.Text.Json;

namespace Mlp.Training.Networks.Checkpoints;

/// <summary>What a training must have in common with a checkpoint to go on from it.</summary>
/// <param name="DataHash">Content hash of the training set.</param>
/// <param name="ValidationHash">Content hash of the validation set; null when the last training rows validate.</param>
/// <param name="Settings">Every setting that bears on the weights, by path.</param>
internal sealed record CheckpointIdentity(string DataHash, string? ValidationHash, SortedDictionary<string, string> Settings)
{
    /// <summary>What features become, as a <see cref="Preprocessing.FeatureEncodingDocument"/>; null in checkpoints from before it was kept.</summary>
    public JsonElement? Encoding { get; init; }

    /// <summary>What differs between a training and the checkpoint, as the end of a sentence; null for nothing.</summary>
    /// <param name="checkpoint">The checkpoint's identity.</param>
    public string? DifferenceFrom(CheckpointIdentity checkpoint)
    {
        if (DataHash != checkpoint.DataHash)
        {
            return $"the training rows have the hash {Short(DataHash)} and the checkpoint's {Short(checkpoint.DataHash)}";
        }

        if (ValidationHash != checkpoint.ValidationHash)
        {
            return $"the validation rows have {Hash(ValidationHash)} and the checkpoint's {Hash(checkpoint.ValidationHash)}";
        }

        var differences = Settings.Keys.Union(checkpoint.Settings.Keys)
            .Where(key => Settings.GetValueOrDefault(key) != checkpoint.Settings.GetValueOrDefault(key))
            .Select(key => $"{key} is {Settings.GetValueOrDefault(key) ?? "absent"} and the checkpoint's {checkpoint.Settings.GetValueOrDefault(key) ?? "absent"}")
            .ToList();
        if (differences.Count > 0)
        {
            return string.Join("; ", differences.Take(5));
        }

        return Encoding is { } encoding && checkpoint.Encoding is { } stored && !JsonElement.DeepEquals(encoding, stored)
            ? "what was learned of the features is not what the checkpoint's training learned: another version of the platform wrote it"
            : null;
    }

    private static string Hash(string? hash) => hash is null ? "no hash of their own" : $"the hash {Short(hash)}";

    private static string Short(string hash) => hash.Length > 12 ? hash[..12] + "…" : hash;
}
