using System.Globalization;
using System.Text;
using Mlp.Runtime.Data;
using Mlp.Runtime.Models;
using Mlp.Runtime.Storage;

namespace Mlp.Runtime.Inference;

/// <summary>What one feature of a version does without a value, decided when the version is loaded. Immutable.</summary>
internal sealed class NullRule
{
    private readonly ModelManifest _manifest;
    private readonly FeatureColumn _feature;
    private readonly bool _isChosen;

    private NullRule(ModelManifest manifest, FeatureColumn feature, bool isError, bool isChosen)
    {
        _manifest = manifest;
        _feature = feature;
        IsError = isError;
        _isChosen = isChosen;
    }

    /// <summary>Whether a row without a value is refused.</summary>
    public bool IsError { get; }

    /// <summary>Whether a value replaces what stands for none.</summary>
    public bool IsValue { get; private init; }

    /// <summary>What a float32 feature reads as; of a vector every element.</summary>
    public float Float32 { get; private init; } = float.NaN;

    /// <summary>What a float64 feature reads as.</summary>
    public double Float64 { get; private init; } = double.NaN;

    /// <summary>What an int64 feature reads as.</summary>
    public long Int64 { get; private init; }

    /// <summary>What a boolean feature reads as.</summary>
    public bool Boolean { get; private init; }

    /// <summary>What a text feature reads as, UTF-8.</summary>
    public byte[] Text { get; private init; } = [];

    /// <summary>The rule as text, for a hash: the feature, and what becomes of a row without a value. Values are given by their bits, so that no two differ and read alike.</summary>
    public string Canonical
    {
        get
        {
            var value = _feature.Type switch
            {
                FeatureType.Float32 => BitConverter.SingleToUInt32Bits(Float32).ToString("x8", CultureInfo.InvariantCulture),
                FeatureType.Float64 => BitConverter.DoubleToUInt64Bits(Float64).ToString("x16", CultureInfo.InvariantCulture),
                FeatureType.Int64 => Int64.ToString(CultureInfo.InvariantCulture),
                FeatureType.Boolean => Boolean ? "1" : "0",
                _ => Convert.ToHexStringLower(Text),
            };
            var rule = IsError ? "error" : IsValue ? "value " + value : "none";
            return $"{Convert.ToHexStringLower(Encoding.UTF8.GetBytes(_feature.Name))} {EnumTerms<FeatureType>.Of(_feature.Type)}{(_feature.IsVector ? FormattableString.Invariant($"[{_feature.Length}]") : string.Empty)} {rule}";
        }
    }

    /// <summary>Decides.</summary>
    /// <param name="manifest">The version.</param>
    /// <param name="feature">The feature.</param>
    /// <param name="seesStatus">Whether the model has a status input.</param>
    /// <param name="policy">What the options say.</param>
    /// <param name="value">The value of the options.</param>
    /// <param name="path">The setting of the value; null where the policy is that of the rest of the features.</param>
    /// <exception cref="InvalidModelException">The policy does not fit the feature's type.</exception>
    public static NullRule Create(ModelManifest manifest, FeatureColumn feature, bool seesStatus, NullPolicy policy, string? value, string? path)
    {
        var isFloat = feature.Type is FeatureType.Float32 or FeatureType.Float64;
        return policy switch
        {
            NullPolicy.Automatic => new NullRule(manifest, feature, !seesStatus && !isFloat, isChosen: false),
            NullPolicy.Error => new NullRule(manifest, feature, isError: true, isChosen: true),
            NullPolicy.NaN when isFloat => new NullRule(manifest, feature, isError: false, isChosen: true),
            NullPolicy.NaN when path is null => new NullRule(manifest, feature, !seesStatus, isChosen: false),
            NullPolicy.NaN => throw Misfit(manifest, feature, "a policy other than NaN, which is for floats"),
            NullPolicy.Value when value is not null => Replace(manifest, feature, value, path),
            _ => throw Misfit(manifest, feature, "a value to stand for null"),
        };
    }

    /// <summary>The exception for a row without a value.</summary>
    /// <param name="row">Row of what the caller passed.</param>
    /// <param name="status">Why there is none.</param>
    public NullFeatureException Refuse(long row, FeatureStatus status)
    {
        var why = _isChosen ? "which the model's options refuse" : "which the model cannot see: it has no input 'status'";
        return new NullFeatureException(
            _manifest.Name,
            _manifest.Version,
            _feature.Name,
            row,
            status,
            FormattableString.Invariant(
                $"Expected a value of feature '{_feature.Name}' of type {VectorLength.Describe(_feature)} in row {row}, but it is {status}, {why} ({_manifest.Where}). Say what stands for it: {nameof(ModelOptions)}.OnNull(\"{_feature.Name}\", ...)."));
    }

    private static NullRule Replace(ModelManifest manifest, FeatureColumn feature, string value, string? path)
    {
        var culture = CultureInfo.InvariantCulture;
        return feature.Type switch
        {
            FeatureType.Float32 when float.TryParse(value, culture, out var number) => new(manifest, feature, false, true) { IsValue = true, Float32 = number },
            FeatureType.Float64 when double.TryParse(value, culture, out var number) => new(manifest, feature, false, true) { IsValue = true, Float64 = number },
            FeatureType.Int64 when long.TryParse(value, culture, out var number) => new(manifest, feature, false, true) { IsValue = true, Int64 = number },
            FeatureType.Boolean when bool.TryParse(value, out var truth) => new(manifest, feature, false, true) { IsValue = true, Boolean = truth },
            FeatureType.String when UnicodeText.FindInvalid(value) < 0 => new(manifest, feature, false, true) { IsValue = true, Text = Encoding.UTF8.GetBytes(value) },
            _ => throw Misfit(manifest, feature, $"a value of type {feature.Type} to stand for null", $"found '{value}' in {path}"),
        };
    }

    private static InvalidModelException Misfit(ModelManifest manifest, FeatureColumn feature, string expected, string found = "the model's options say otherwise")
        => new(
            manifest.Name,
            $"Expected {expected} of feature '{feature.Name}' of type {VectorLength.Describe(feature)}, but {found} ({manifest.Where}).");
}
