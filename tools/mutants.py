#!/usr/bin/env python3
"""Put one error at a time into a copy of the package and see whether its tests notice.

mutants.py            try every mutant of the table below; ends non-zero if one lives
mutants.py --only N   try the mutants of these numbers

A formula with a known answer belongs in tests/test_known_answers.py, and its mutant in the table.
"""

from __future__ import annotations

import argparse
import ast
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[1]
COPIED = ("galmorph_helpers", "data", "tests", "tools", "pyproject.toml")
PATIENCE = 600  # seconds for the tests of one mutant


class Mutant(NamedTuple):
    """An error: in `file`, `old` (found there once) becomes `new`, and one of `tests` should fail."""

    what: str
    file: str
    old: str
    new: str
    tests: tuple


def problems(table: list[Mutant] | None = None, root: Path = ROOT) -> list[str]:
    """A sentence for each row of the table (`MUTANTS` by default) that fits the files no more."""
    found = []
    for number, row in enumerate(MUTANTS if table is None else table, 1):
        path = root / row.file
        text = path.read_text(encoding="utf-8") if path.is_file() else ""
        if text.count(row.old) != 1:
            found.append(f"mutant {number} ({row.what}): {row.old!r} is {text.count(row.old)} times in {row.file}")
        elif path.suffix == ".py":
            try:
                ast.parse(text.replace(row.old, row.new))
            except SyntaxError as error:
                found.append(f"mutant {number} ({row.what}) is no Python: {error}")
        if row.old == row.new or not row.tests:
            found.append(f"mutant {number} ({row.what}) changes nothing, or names no test")
        for test in row.tests:
            file, _, name = test.partition("::")
            place = root / "tests" / file
            there = place.is_file() and re.search(rf"^def {name}\(", place.read_text(encoding="utf-8"), re.MULTILINE)
            if not (name.startswith("test_") and there):
                found.append(f"mutant {number} ({row.what}): there is no test {test}")
    return found


def run(folder: Path, tests: list[str]) -> tuple[int, str]:
    """Exit status of pytest for tests of the copy in `folder` (1: one failed), and the end of what it said."""
    command = [sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", *(f"tests/{t}" for t in tests)]
    # Compiled files are told apart by second and size only: a mutant must leave none behind.
    told = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1", "PYTHONPATH": str(folder)}
    try:
        done = subprocess.run(command, cwd=folder, env=told, capture_output=True, text=True, timeout=PATIENCE)
    except subprocess.TimeoutExpired:
        return 1, f"did not end within {PATIENCE} s"
    return done.returncode, done.stdout[-2000:] + done.stderr[-1000:]


def attempt(row: Mutant, folder: Path) -> str:
    """What becomes of a mutant in the copy of the project in `folder`: "killed", "lives", or "broken: ..."."""
    path = folder / row.file
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace(row.old, row.new), encoding="utf-8")
    try:
        status, said = run(folder, list(row.tests))
    finally:
        path.write_text(text, encoding="utf-8")
    return {0: "lives", 1: "killed"}.get(status, f"broken: {said}")


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", type=int, nargs="+", metavar="N", help="numbers of mutants, from 1")
    only = parser.parse_args(arguments).only or range(1, len(MUTANTS) + 1)
    if not all(1 <= number <= len(MUTANTS) for number in only):
        parser.error(f"mutants have the numbers 1 to {len(MUTANTS)}")
    if wrong := problems():
        print(*wrong, sep="\n", file=sys.stderr)
        return 2
    chosen = {number: MUTANTS[number - 1] for number in only}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for part in COPIED:
            if (ROOT / part).is_dir():
                shutil.copytree(ROOT / part, folder / part, ignore=shutil.ignore_patterns("__pycache__"))
            else:
                shutil.copy(ROOT / part, folder / part)
        status, said = run(folder, sorted({test for row in chosen.values() for test in row.tests}))
        if status:
            print(f"The tests must pass before they can tell of mutants:\n{said}", file=sys.stderr)
            return 2
        results = []
        for number, row in chosen.items():
            begin = time.perf_counter()
            results.append(attempt(row, folder))
            took = time.perf_counter() - begin
            print(f"{number:3d}  {results[-1]:6}  {took:3.0f} s  {row.what}  ({row.file})", flush=True)
    killed = results.count("killed")
    print(f"{killed} of {len(results)} killed: {killed / len(results):.0%}")
    return int(killed < len(results))


_CAMERA, _MOCK, _RENDERING = "imaging/camera.py", "mock/demographics.py", "mock/rendering.py"
_UNCERTAINTY, _INTERVALS = "metrics/uncertainty.py", "test_uncertainty.py::test_"
_FITS, _INDICES, _METRICS = "imaging/emulated_fits.py", "measure/indices.py", "metrics/scores.py"
_JPEG = "imaging/jpeg.py"
_HERE, _EMULATE, _FEATURES = "test_known_answers.py::test_", "test_emulate.py::test_", "test_features.py::test_"
_TRANSFER, _GRADIENTS = "test_transfer.py::test_", "test_gradients.py::test_"
_PHOTONS = _HERE + "a_stamp_s_photons_are_counted_as_poisson_would"
_COUNT = _HERE + "a_count_at_zero_point_25_is_a_tenth_of_a_nanomaggy"
_MASK = _HERE + "a_missing_pixel_is_masked_within_one_psf"
_BANDS = _HERE + "bands_are_off_against_each_other_by_the_survey_s_registration"
_LAMBDA = _HERE + "lambda_r_gives_the_outskirts_their_lever"
_R_I = _HERE + "r_minus_i_is_positive_follows_g_minus_r_and_is_in_the_light"
_CUBE_BY_HAND = "test_cubes.py::test_a_gzipped_file_written_by_hand_is_read"
_K_BY_HAND = _EMULATE + "k_corrections_are_those_of_a_sum_by_hand"

#: What is lost, the file (in the package unless it says data/), the text, what it becomes, the tests that should fail.
_ROWS = (
    ("no photon noise", _CAMERA, "mul_(native**2 / electrons)", "mul_(0 / electrons)", _PHOTONS),
    ("photons of stamp pixels, not native ones", _CAMERA, "native**2 / electrons", "1 / electrons", _PHOTONS),
    ("no sky noise", _CAMERA, ".add_(sky**2)", ".add_(0 * sky)", "test_mock.py::test_sky_noise_is_the_survey_s"),
    ("sky subtraction is perfect", _CAMERA, "size * sky / native**2", "0 * sky / native**2",
     _HERE + "the_sky_s_level_is_off_by_a_fifth_of_its_noise"),
    ("registration off", _CAMERA, "survey.registration / scale", "0 * survey.registration / scale", _BANDS),
    ("registration in arcsec, not pixels", _CAMERA, "survey.registration / scale", "survey.registration", _BANDS),
    ("no centring", _CAMERA, "off = always + scatter", "off = 0 * always + 0 * scatter", _BANDS),
    ("cutouts all centred alike", _CAMERA, "off = always + scatter", "off = always + 0 * scatter", _BANDS),
    ("pixels averaged twice", _CAMERA, "* _box(k, 1.0) if resampled", "* _box(k, 1.0) ** 2 if resampled",
     "test_camera.py::test_a_star_is_as_wide_as_a_sum_over_native_pixels_makes_it"),
    ("blocks that all begin at the corner", _JPEG, "begin % 8, begin // 8 % 8", "0 * begin, 0 * begin",
     "test_jpeg.py::test_what_is_left_depends_on_where_blocks_begin"),
    ("a cutout saved once, not twice", _JPEG, "_rounded(cosines, 1.0) - cosines", "0 * cosines",
     "test_jpeg.py::test_compression_is_that_of_the_files_of_an_archive"),
    ("red faded as blue", _JPEG, "*look.saturation]", "*look.saturation[:1] * 2]",
     "test_jpeg.py::test_a_look_fades_blue_against_yellow_and_red_against_green_apart"),
    ("another PSF", "imaging/psf.py", "value=1 / 3", "value=0",
     "test_mock.py::test_sersic_plus_disc_agrees_with_galsim"),
    ("sign of zero_point, argument", "imaging/fits_images.py", "(ZERO_POINT - zero_point)", "(zero_point - ZERO_POINT)",
     _COUNT),
    ("sign of zero_point, keyword", "imaging/calibration.py", "said[key] = 10 ** (0.4 * (ZERO_POINT - value))",
     "said[key] = 10 ** (0.4 * (value - ZERO_POINT))", _COUNT),
    ("MASK without the PSF's margin", _FITS, "distance_transform_edt(~mask) <= reach",
     "distance_transform_edt(~mask) <= 0", _MASK),
    ("MASK's margin in arcsec", _FITS, "step * max(survey.psf_fwhm) / survey.pixel_scale",
     "step * max(survey.psf_fwhm)", _MASK),
    ("MASK off its image", _FITS, "* step + (side - 1) / 2", "* step + (side + 1) / 2", _MASK),
    ("lambda_R without R", "spectra/cubes.py", "np.asarray(flux) * radius, 0)", "np.asarray(flux) + 0 * radius, 0)",
     _LAMBDA),
    ("lambda_R without flux", "spectra/cubes.py", "np.asarray(flux) * radius, 0)", "0 * np.asarray(flux) + radius, 0)",
     _LAMBDA),
    ("Doppler sign in radial_spectra", "spectra/cubes.py", "(1 + maps.stellar_velocity[y, x] / C_KM_S)",
     "(1 - maps.stellar_velocity[y, x] / C_KM_S)", _HERE + "lines_of_both_sides_of_a_rotating_galaxy_meet_at_rest"),
    ("tilted discs squeezed, not stretched", "spectra/cubes.py", "x * np.sin(angle)) / axis_ratio",
     "x * np.sin(angle)) * axis_ratio", _HERE + "radius_and_azimuth_in_the_plane_of_a_tilted_disc"),
    ("spaxels that share no fibres", "spectra/cubes.py", "1 + 1.62 * np.log10(min(n, 100))", "1 + 0 * n",
     _CUBE_BY_HAND),
    ("dust added, not taken off", "spectra/spectroscopy.py", "10 ** (law * ebv[m])", "10 ** (-law * ebv[m])",
     _GRADIENTS + "rest_frame_undoes_redshift_and_reddening"),
    ("redshift the wrong way", "spectra/spectroscopy.py", "wavelength / (1 + redshift[m])",
     "wavelength * (1 + redshift[m])", _GRADIENTS + "rest_frame_undoes_redshift_and_reddening"),
    ("break per Å, not per Hz", "spectra/indices.py", "flux * wavelength**2", "flux * wavelength**0",
     _GRADIENTS + "equivalent_width_and_break_of_known_spectra"),
    ("K-term's sign in redshifts", _MOCK, ".value + 1.0 * grid", ".value - 1.0 * grid",
     _HERE + "apparent_less_absolute_magnitude_is_distance_modulus_plus_k"),
    ("late types at T = 0", _MOCK, 'table["ltg"] = t_type > 0', 'table["ltg"] = t_type >= 0',
     _HERE + "late_types_begin_above_t_0"),
    ("sign of r - i, table", _MOCK, "(r_i + rng.normal", "(-r_i + rng.normal", _R_I),
    ("sign of r - i, light", "mock/fluxes.py", "0.0 * r, -r_i), 1)", "0.0 * r, r_i), 1)", _R_I),
    ("sign of r - i, stars", "mock/field.py", "0 * r_i, -r_i))", "0 * r_i, r_i))",
     _HERE + "neighbours_and_stars_are_red_too"),
    ("discs without Hubble's formula", _MOCK, "(1 - thickness**2) * cos_i**2", "(1 - thickness**2) * cos_i",
     _HERE + "axis_ratio_of_a_thick_disc_by_hubble_s_formula"),
    ("a flatter main sequence", _MOCK, "0.76 * log_mass - 7.64", "0.66 * log_mass - 6.59",
     "test_mock.py::test_population_keeps_the_published_relations"),
    ("Gini's -1", _INDICES, "2.0 * rank - count[:, None] - 1)", "2.0 * rank - count[:, None])",
     _HERE + "gini_of_equal_pixels_is_0_of_a_ramp_a_third_and_of_one_pixel_1"),
    ("M20 of half of the light", _INDICES, "< 0.2 * light", "< 0.5 * light", _HERE + "m20_of_a_row_of_pixels"),
    ("another Petrosian ratio", _INDICES, "ring < 0.2 * inside", "ring < 0.3 * inside",
     _FEATURES + "exponential_petrosian_radius_and_slope"),
    ("concentration of r50", _INDICES, "np.log10(r80 / r20)", "np.log10(r80 / r50)",
     _FEATURES + "exponential_disc_and_de_vaucouleurs"),
    ("the segmenter keeps brighter pixels", "measure/segmentation.py", " & (left < there / share)", "",
     _HERE + "a_region_grown_on_faint_light_leaves_a_star_in_it_out"),
    ("a region may hold an unwanted point", "measure/segmentation.py", "np.setdiff1d(found[labels], found[~labels])",
     "np.unique(found[labels])", "test_segment.py::test_a_region_with_an_unwanted_point_is_left_out"),
    ("unwanted points are wanted", "learning/prompts.py", "for s in (1, -1)]", "for s in (1, 1)]",
     "test_segment.py::test_points_are_spots_on_two_maps"),
    ("unwanted points reach no Segment Anything", "measure/segment_anything.py", "torch.as_tensor(labels,",
     "torch.ones(len(labels)).to(",
     "test_segment.py::test_segment_anything_is_told_where_the_points_are_and_which_are_unwanted"),
    ("degrade ignores the noise that is there", "imaging/matching.py", "quiet**2 * kernel.square().mean()",
     "0 * kernel.square().mean()", _HERE + "noise_that_is_there_counts_towards_the_noise_that_is_wanted"),
    ("degrade mixes noise linearly", "imaging/matching.py", "quiet ** (2 * (1 - noise)) * loud ** (2 * noise)",
     "(1 - noise) * quiet**2 + noise * loud**2", _TRANSFER + "degraded_noise_is_that_of_the_other_survey"),
    ("sharpening loses flux", "imaging/matching.py", "out[:, b] *= 1 + damping", "out[:, b] *= 1",
     _TRANSFER + "sharpening_brings_back_width_and_flux_but_raises_noise"),
    ("emulation adds all of the sky's noise", "imaging/emulation.py", "(sky**2 - own**2)", "(sky**2 - 0 * own**2)",
     _EMULATE + "noise_of_the_old_image_counts_towards_the_new_sky"),
    ("K-correction the other way", "imaging/kcorrection.py", "family_magnitudes(redshift_new, survey_new or survey) -",
     "-family_magnitudes(redshift_new, survey_new or survey) +",
     _EMULATE + "k_correction_is_zero_at_rest_and_largest_for_old_stars_in_the_blue"),
    ("bandwidth is not stretched", "imaging/kcorrection.py", "get_ab_maggies(flux / (1 + z)", "get_ab_maggies(flux / 1",
     _K_BY_HAND),
    ("another Hubble constant", "imaging/distance.py", "H0=70", "H0=75",
     _HERE + "distances_of_the_cosmology_that_the_course_names"),
    ("galaxies grow with distance", "imaging/distance.py", "kpc_per_arcsec(z) / kpc_per_arcsec(z_new)",
     "kpc_per_arcsec(z_new) / kpc_per_arcsec(z)", _EMULATE + "fits_in_fits_out"),
    ("depth without the box", "surveys/depth.py", "n_sigma * sky_sigma / (pixel_scale * side))",
     "n_sigma * sky_sigma / pixel_scale)", "test_surveys.py::test_limits_of_the_surveys"),
    ("ties count in full", _METRICS, "(before + false) / 2", "false",
     "test_evaluation.py::test_metrics_equal_scikit_learn_s_with_and_without_ties"),
    ("prior the wrong way", "metrics/corrections.py", "p * prior_new / prior,", "p * prior / prior_new,",
     _EMULATE + "prior_shift_is_bayes_and_undoes_itself"),
    ("contamination not taken off", "metrics/corrections.py", "(called - contamination) / gap", "called / gap",
     "test_tidal.py::test_correction_undoes_what_a_detector_does"),
    ("scatter of training left out", _UNCERTAINTY, "np.hypot(high - centre, training)", "high - centre",
     _INTERVALS + "the_interval_with_training_holds_the_recipe_s_score_at_the_stated_rate"),
    ("few seeds as good as many", _UNCERTAINTY, "student.ppf(0.975, len(scores) - 1)", "student.ppf(0.975, 10**6)",
     _INTERVALS + "the_interval_with_training_holds_the_recipe_s_score_at_the_stated_rate"),
    ("noise counts as a calibration error", _UNCERTAINTY, "(drawn >= measured).mean(1) >= 0.025",
     "(drawn >= measured).mean(1) >= 0.5",
     _INTERVALS + "an_honest_classifier_gets_an_interval_from_zero_at_the_stated_rate"),
    ("a control may keep the bound", "course/claims.py", 'row["holds"] = row["holds"] and breaks', "pass",
     "test_claims.py::test_a_finding_holds_only_if_its_control_breaks_the_bound"),
    ("the gradient is not reversed", "learning/discrepancy.py", "return -ctx.alpha", "return ctx.alpha",
     _TRANSFER + "reversal_keeps_the_value_and_turns_the_gradient"),
    ("votes of those who saw no disc", "labels.py", "np.where(featured > 0.5, certain(edge)",
     "np.where(featured < 0.5, certain(edge)", "test_labelled.py::test_votes_of_galaxy_zoo_2_answer_what_was_asked"),
    ("T-Types to the scale that they come from", "hubble.py", '(ds18, rc3) if scale == "DS18"',
     '(rc3, ds18) if scale == "DS18"', "test_morphology.py::test_t_types_of_the_classes_are_those_of_the_catalogues"),
    ("fetched weights unchecked", "measure/segment_anything.py", "if pooch.file_hash(str(file)) != SAM_SHA256:",
     "if False:", _HERE + "downloaded_weights_that_were_changed_are_refused"),
    ("fetched files unchecked", "archive/download.py", "if sha256 and digest != sha256:", "if False:",
     "test_archive_transfer.py::test_a_wrong_hash_is_never_renamed_into_place"),
    ("a body without an end", "archive/download.py", "if out.tell() > most:", "if False:",
     "test_archive_transfer.py::test_a_body_without_an_end_is_stopped"),
    ("a file has all the time of the world", "archive/download.py", "if now > end:", "if False:",
     "test_bundle.py::test_what_takes_too_long_is_gone_on_with_the_next_time"),
    ("files of a bundle unchecked", "archive/bundles.py", "if digest != place[2]:", "if False:",
     "test_bundle.py::test_one_changed_byte_is_noticed_and_nothing_is_left"),
    ("plain http without a hash", "datasets/bundle.py", "http=bool(digest)", "http=True",
     "test_bundle.py::test_from_a_server_in_the_room_the_hash_is_needed"),
    ("scored on what it was shown", "learning/weights.py", "% 5 == 0 for", "% 5 != 0 for",
     "test_networks.py::test_galaxies_that_were_never_shown_are_the_same_in_every_set"),
    ("shipped weights of another card", "data/weights/mock_trunk.md", "| SHA-256 | `", "| SHA-256 | `0000",
     _HERE + "shipped_weights_are_the_file_that_their_card_names"),
)  # fmt: skip
MUTANTS = [
    Mutant(what, file if file.startswith("data/") else f"galmorph_helpers/{file}", old, new, (test,))
    for what, file, old, new, test in _ROWS
]

if __name__ == "__main__":
    raise SystemExit(main())
