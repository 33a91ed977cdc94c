using System.Reflection;

namespace Mlp.Features.Definitions;

/// <summary>Takes the features out of what the method of an on-demand view gave. Immutable and thread-safe.</summary>
/// <typeparam name="TFeatures">The record of features.</typeparam>
internal sealed class OnDemandOutputs<TFeatures>(IEnumerable<(PropertyInfo Property, FeatureField Field)> properties)
{
    private readonly RecordField<TFeatures>[] _features = [.. properties.Select(p => new RecordField<TFeatures>(p.Property, p.Field))];

    /// <summary>Finds a vector that is not as long as its field, or a text that is no Unicode.</summary>
    internal WrongValue? FindWrong(in TFeatures features)
    {
        foreach (var field in _features)
        {
            if (field.FindWrong(features) is { } wrong)
            {
                return wrong;
            }
        }

        return null;
    }

    /// <summary>Hands every feature to a writer, in order.</summary>
    internal void Write<TWriter>(in TFeatures features, ref TWriter writer)
        where TWriter : IFeatureFieldWriter, allows ref struct
    {
        for (var i = 0; i < _features.Length; i++)
        {
            _features[i].Write(features, i, ref writer);
        }
    }
}
