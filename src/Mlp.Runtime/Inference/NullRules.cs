using System.Runtime.InteropServices;
using System.Text;
using Mlp.Runtime.Data;
using Mlp.Runtime.Models;

namespace Mlp.Runtime.Inference;

/// <summary>What the features of a version do without a value, one rule per feature, and which values they may have: the same for rows and for columns. Immutable and thread-safe.</summary>
internal sealed class NullRules
{
    private readonly FeatureRowLayout _layout;
    private readonly NullRule[] _rules;
    private readonly bool _isIdle;

    private NullRules(FeatureRowLayout layout, NullRule[] rules, FeatureRanges? ranges)
    {
        _layout = layout;
        _rules = rules;
        Ranges = ranges;
        _isIdle = ranges is null && !rules.Any(r => r.IsError || r.IsValue);
    }

    /// <summary>Which values of int64 features the model takes, if not all of them.</summary>
    public FeatureRanges? Ranges { get; }

    /// <summary>
    /// SHA-256 of what the rules say, feature by feature in order: two versions with the same answer the same rows alike. 64 lower-case hexadecimal digits. Computed when it is asked for.
    /// </summary>
    public string Sha256 => ContentHash.Of(Encoding.UTF8.GetBytes(string.Join('\n', _rules.Select(rule => rule.Canonical))));

    /// <summary>The rule of a feature.</summary>
    /// <param name="column">Index of the feature.</param>
    public NullRule this[int column] => _rules[column];

    /// <summary>Decides for every feature.</summary>
    /// <param name="manifest">The version.</param>
    /// <param name="inputs">Its features.</param>
    /// <param name="settings">What the options say.</param>
    /// <exception cref="InvalidModelException">The options name a feature that the model does not have, or a policy that does not fit its type.</exception>
    public static NullRules Create(ModelManifest manifest, InputPlan inputs, NullSettings settings)
    {
        var layout = inputs.Layout;
        if (settings.Features.Keys.FirstOrDefault(f => layout.IndexOf(f) < 0) is { } unknown)
        {
            throw new InvalidModelException(
                manifest.Name,
                FormattableString.Invariant(
                    $"Expected a null policy for a feature of the model, but found one for '{unknown}'; its features are {string.Join(", ", layout.Columns.Select(c => $"'{c.Name}'"))} ({manifest.Where})."));
        }

        var seesStatus = inputs.Inputs.Any(i => i.Kind == FeatureInputKind.Status);
        return new NullRules(layout, [.. layout.Columns.Select(Rule)], FeatureRanges.Create(manifest, inputs));

        NullRule Rule(FeatureColumn feature) => settings.Features.TryGetValue(feature.Name, out var chosen)
            ? NullRule.Create(manifest, feature, seesStatus, chosen.Policy, chosen.Value, $"{settings.Path}:{nameof(NullOptions.Features)}:{feature.Name}:{nameof(FeatureNullOptions.Value)}")
            : NullRule.Create(manifest, feature, seesStatus, settings.Policy, null, path: null);
    }

    /// <summary>Applies the rules to rows that are about to run. Statuses stay as they are. Costs a search through the statuses, or nothing where no rule could do anything.</summary>
    /// <param name="rows">The rows.</param>
    /// <param name="firstRow">What the first of them is in what the caller passed, for messages.</param>
    /// <exception cref="NullFeatureException">A feature has no value, and may not be without.</exception>
    /// <exception cref="FeatureRangeException">The model takes narrower integers than a feature has.</exception>
    public void Apply(FeatureRows rows, int firstRow)
    {
        if (_isIdle)
        {
            return;
        }

        var status = MemoryMarshal.AsBytes(rows.Status);
        for (var at = 0; status[at..].IndexOfAnyExcept((byte)FeatureStatus.Present) is var next && next >= 0; at += next + 1)
        {
            var (row, column) = Math.DivRem(at + next, _rules.Length);
            Apply(rows, row, column, firstRow);
        }

        Ranges?.Require(rows, firstRow);
    }

    private void Apply(FeatureRows rows, int row, int column, int firstRow)
    {
        var rule = _rules[column];
        if (rule.IsError)
        {
            throw rule.Refuse(firstRow + row, rows.StatusOf(row)[column]);
        }

        if (!rule.IsValue)
        {
            return;
        }

        var ordinal = _layout.OffsetOf(column);
        switch (_layout.Columns[column].Type)
        {
            case FeatureType.Float32:
                rows.Float32Of(row).Slice(ordinal, _layout.Columns[column].Length).Fill(rule.Float32);
                break;
            case FeatureType.Float64:
                rows.Float64Of(row)[ordinal] = rule.Float64;
                break;
            case FeatureType.Int64:
                rows.Int64Of(row)[ordinal] = rule.Int64;
                break;
            case FeatureType.Boolean:
                rows.BooleanOf(row)[ordinal] = rule.Boolean;
                break;
            default:
                rows.CopyString(row, ordinal, rule.Text);
                break;
        }
    }
}
